"""What the organizations of a person ask of their sign-in. Of several, the strictest wins.

At the door of the whole site only those count that its operators vouch for: otherwise whoever makes an organization
and gets somebody to join could keep them out of their own account. At its own door each organization's rules hold.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.session import limits as session_limits
from accounts.session.limits import Limits
from accounts.sign_in import methods, reauthentication
from orgs.errors import OtherWayNeeded
from orgs.models import Membership, Organization, Policy
from orgs.permissions import BuiltIn


class SecondFactor(NamedTuple):
    organization: str
    required_from: datetime


def register() -> None:
    session_limits.register(limits_of)


def governing(user: User) -> QuerySet[Policy]:
    """The rules that hold for somebody wherever they go on this site."""
    memberships = Membership.objects.of_person(user).filter(
        paused_at__isnull=True,
        organization__status=Organization.Status.ACTIVE,
        organization__is_trusted=True,
    )
    here = memberships.filter(organization=OuterRef("organization"))
    admin = Q(role__in=[BuiltIn.OWNER, BuiltIn.ADMIN]) | Q(teams__team__makes_admin=True)
    return (
        Policy.across_organizations.filter(organization__in=memberships.values("organization"))
        .select_related("organization")
        .annotate(is_admin=Exists(here.filter(admin)))
    )


def unmet(user: User, request: HttpRequest) -> list[Policy]:
    """The rules that a sign-in by the methods used so far does not meet."""
    return [
        policy
        for policy in _read_once(user, request)
        if policy.ways and not _used(request, policy.organization, user) & set(policy.ways)
    ]


def second_factor(user: User, request: HttpRequest | None = None) -> SecondFactor | None:
    """Who asks for one, and since when or from when on; the earliest of several."""
    policies = _read_once(user, request) if request else list(governing(user))
    asking = [
        SecondFactor(policy.organization.name, policy.second_factor_from)
        for policy in policies
        if policy.asks_for_factor(is_admin=vars(policy)["is_admin"]) and policy.second_factor_from is not None
    ]
    return min(asking, key=lambda rule: rule.required_from, default=None)


def asking_for_factor(user: User, request: HttpRequest) -> set[UUID]:
    """Whose rules ask for a second factor, whether or not their day has come, by public id."""
    return {
        policy.organization.public_id
        for policy in _read_once(user, request)
        if policy.asks_for_factor(is_admin=vars(policy)["is_admin"])
    }


def limits_of(user: User, request: HttpRequest) -> Limits:
    policies = _read_once(user, request)
    return Limits(
        idle=session_limits.shortest(*(policy.session_idle for policy in policies)),
        absolute=session_limits.shortest(*(policy.session_absolute for policy in policies)),
    )


def _used(request: HttpRequest, organization: Organization, user: User | None = None) -> set[str]:
    return reauthentication.methods_used(request, user, organization=organization.public_id)


def _read_once(user: User, request: HttpRequest) -> list[Policy]:
    """The stage of a sign-in and the session that it begins ask the same within a moment."""
    seen: dict[int, list[Policy]] = vars(request).setdefault("governing_policies", {})
    if user.pk not in seen:
        seen[user.pk] = list(governing(user))
    return seen[user.pk]


def shorten_sessions(organization: Organization, *, only: User | None = None) -> None:
    """New rules, or new people under them: the sessions that they have already end in time as well."""
    policy = Policy.objects.of(organization).select_related("organization").get()
    governs = policy.organization.is_trusted and policy.organization.is_active
    if not governs or not (policy.session_idle or policy.session_absolute):
        return
    members = Membership.objects.of(organization).filter(paused_at__isnull=True)
    if only is not None:
        members = members.filter(user=only)
    session_limits.shorten(
        User.objects.filter(pk__in=members.values("user")),
        Limits(idle=policy.session_idle, absolute=policy.session_absolute),
    )


def require_at_door(request: HttpRequest, organization: Organization) -> None:
    """A session from before the rules, or of somebody whose own sign-in they do not govern, meets them here."""
    ways = organization.policy.ways
    if ways and not _used(request, organization) & set(ways):
        named = methods.in_words(ways)
        raise OtherWayNeeded(organization=organization.name, ways=named, pages=methods.pages(ways))


def is_recent(request: HttpRequest, organization: Organization) -> bool:
    """Whether the last proof of who they are is younger than the longest session that the organization allows."""
    longest: timedelta | None = organization.policy.session_absolute
    return longest is None or reauthentication.proved_at(request) > timezone.now() - longest
