"""What a policy is, and which there are: settings.AUTHORIZATION_POLICIES names tuples of them, ours and the site's."""

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from orgs.decisions.records import Subject, Target
from orgs.decisions.surroundings import Surroundings
from orgs.decisions.vocabulary import Asked
from orgs.models import Organization

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Effect(StrEnum):
    PERMIT = "permits"
    DENY = "denies"


@dataclass(frozen=True)
class Question:
    """Everything a policy may look at. `target` is there for resources of ours, and `subject` may act at all."""

    asked: Asked
    organization: Organization
    subject: Subject
    target: Target | None
    around: Surroundings

    @property
    def properties(self) -> Any:
        """Of the resource."""
        return self.asked.resource.properties


@dataclass(frozen=True)
class Condition:
    """Combines with others by `&`, `|` and `~`."""

    holds: Callable[[Question], bool]

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(lambda question: self.holds(question) and other.holds(question))

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(lambda question: self.holds(question) or other.holds(question))

    def __invert__(self) -> "Condition":
        return Condition(lambda question: not self.holds(question))


@dataclass(frozen=True)
class Policy:
    """`words` say it in a sentence; `because` says more to those who look after the organization."""

    name: str
    effect: Effect
    words: str | Promise
    when: Condition
    because: Callable[[Question], str] | None = None

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or not self.words:
            raise ValueError(f"a policy has a name such as office-hours and a sentence, not {self.name!r}")


def every() -> tuple[Policy, ...]:
    return load(tuple(settings.AUTHORIZATION_POLICIES))


@functools.cache
def load(paths: tuple[str, ...]) -> tuple[Policy, ...]:
    found: list[Policy] = []
    for path in paths:
        found += _named(path)
    names = [policy.name for policy in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ImproperlyConfigured(f"AUTHORIZATION_POLICIES: there is more than one policy named {twice[0]}.")
    # One that denies has the last word, so it is asked first.
    return tuple(sorted(found, key=lambda policy: policy.effect is Effect.PERMIT))


def _named(path: str) -> Sequence[Policy]:
    try:
        found = import_string(path)
    except Exception as error:
        # Whatever a module of the site's fails of, the start has to say which line of the settings asked for it.
        raise ImproperlyConfigured(f"AUTHORIZATION_POLICIES: {path} cannot be read: {error}") from error
    if not isinstance(found, tuple | list) or not all(isinstance(policy, Policy) for policy in found):
        raise ImproperlyConfigured(f"AUTHORIZATION_POLICIES: {path} is no tuple of policies.")
    return found
