"""How somebody in the log is called today, and where more is said of them: an app above knows, and registers."""

import functools
import operator
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.html import format_html

from audit.actions import ActorKind
from audit.models import Event


@dataclass(frozen=True)
class Name:
    text: str
    link: str = ""


class Kind(StrEnum):
    PERSON = "person"
    SERVICE = "service"
    ORGANIZATION = "organization"


Names = Callable[[Collection[UUID]], dict[UUID, Name]]
# By what people type, such as an address; None for nobody.
Find = Callable[[str], UUID | None]
_known: dict[Kind, Names] = {}
_finds: dict[Kind, Find] = {}
# Beside the event, so that those of one page are looked up together.
FOUND = "names"


def register(kind: Kind, names: Names, find: Find | None = None) -> None:
    _known[kind] = names
    if find is not None:
        _finds[kind] = find


def meant(kind: Kind, *columns: str) -> Callable[[str], Q | None]:
    """For a filter or a search: by public id, or by what somebody is called."""

    def look_up(text: str) -> Q | None:
        try:
            found: UUID | None = UUID(text)
        except ValueError:
            found = _finds[kind](text)
        if found is None:
            return None
        return functools.reduce(operator.or_, (Q(**{column: found}) for column in columns))

    return look_up


def of(kind: Kind, ids: Collection[UUID]) -> dict[UUID, Name]:
    return _known[kind](ids) if ids else {}


def attach(events: Iterable[Event]) -> None:
    """One look-up of each kind for all of them, if there is anybody of that kind."""
    rows = list(events)
    wanted: dict[Kind, set[UUID]] = {kind: set() for kind in Kind}
    for row in rows:
        by = Kind.SERVICE if row.actor_kind == ActorKind.SERVICE else Kind.PERSON
        for kind, one in ((by, row.actor), (Kind.PERSON, row.person), (Kind.ORGANIZATION, row.organization)):
            if one is not None:
                wanted[kind].add(one)
    found = {one: name for kind, ids in wanted.items() for one, name in of(kind, ids).items()}
    for row in rows:
        vars(row)[FOUND] = found


def shown(event: Event, one: UUID | None) -> Any:
    if one is None:
        return None
    if FOUND not in vars(event):
        attach([event])
    return linked(one, vars(event)[FOUND].get(one))


def linked(one: UUID, name: Name | None) -> Any:
    """By name where there is one, else by the public id: whoever is erased has none any more."""
    if name is None:
        return str(one)
    return (
        format_html('<a href="{}" title="{}">{}</a>', name.link, one, name.text) if name.link else name.text
    )
