"""Who has to have a second factor, by whose word and from when on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.sign_in import reauthentication
from mfa.factors import registry
from orgs import rules
from orgs.door import Place


class Requirement(NamedTuple):
    """`organization` asks for it, or the site itself, of its staff; `since` is the day, if one was set."""

    organization: str = ""
    since: datetime | None = None

    @property
    def is_due(self) -> bool:
        return self.since is None or self.since <= timezone.now()


def of(user: User, request: HttpRequest | None = None) -> Requirement | None:
    """What holds wherever this person goes on this site. The day stands in the rule: waiting does not move it."""
    if user.is_staff or user.is_superuser:
        return Requirement()
    rule = rules.second_factor(user, request)
    return Requirement(rule.organization, rule.required_from) if rule else None


def at_door(place: Place) -> Requirement | None:
    """What an organization asks of whoever enters it, also one that the site does not vouch for."""
    policy = place.organization.policy
    if not policy.asks_for_factor(is_admin=place.authority.is_admin):
        return None
    return Requirement(place.organization.name, policy.second_factor_from)


def is_missing(user: User, request: HttpRequest | None = None) -> Requirement | None:
    """What this person does not meet, whether or not its day has come."""
    required = of(user, request)
    return required if required and not registry.protects(user) else None


def met_by(proof: Mapping[str, Any] | None, user: User, request: HttpRequest) -> bool:
    """Whether an organization's provider has asked for two factors, and nobody but that organization wants them.

    Never for staff: whoever runs a provider would else run this site.
    """
    vouching = (proof or {}).get(reauthentication.TWO_FACTORS)
    if vouching is None or user.is_staff or user.is_superuser:
        return False
    return {str(organization) for organization in rules.asking_for_factor(user, request)} <= {vouching}


def was_shown(request: HttpRequest) -> bool:
    """A factor, in this session; a remembered browser does not count."""
    return bool(reauthentication.methods_used(request) & {factor.METHOD for factor in registry.FACTORS})
