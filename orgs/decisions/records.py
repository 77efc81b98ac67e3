"""Who and what a batch of questions is about, read from one organization's rows in a fixed number of statements."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from accounts.models import User
from orgs import authority
from orgs.authority import Authority
from orgs.decisions.vocabulary import MEMBER, ORGANIZATION, PERSON, SERVICE, TEAM, Asked, Entity, Reason
from orgs.models import Grant, Membership, Organization, Team
from orgs.permissions import OF_BUILT_IN, BuiltIn

NUMBER = re.compile(r"[1-9][0-9]{0,17}")
# The scope of each service account of an organization that is among these; None of one that is disabled.
Services = Callable[[Organization, Collection[UUID]], Mapping[UUID, frozenset[str] | None]]
_services: list[Services] = []


def register_services(services: Services) -> None:
    """Service accounts are rows of another app."""
    _services[:] = [services]


@dataclass(frozen=True)
class Subject:
    """Somebody who may act here. Roles and teams by name are in lower case, as they are told apart."""

    id: UUID
    # Under which an application may know them.
    names: frozenset[str]
    authority: Authority
    roles: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    team_numbers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Target:
    """A row of ours. `held` is what it brings or may do: nobody acts on more than they are."""

    type: str
    held: Authority | None = None


@dataclass(frozen=True)
class Records:
    organization: Organization
    members: Mapping[str, Membership]
    services: Mapping[UUID, frozenset[str] | None]
    teams: Mapping[int, Team]

    def subject(self, named: Entity) -> Subject | Reason:
        if named.type == PERSON:
            return self._person(named.id)
        return self._service(named.id) if named.type == SERVICE else Reason.SUBJECT_UNKNOWN

    def target(self, named: Entity) -> Target | None:
        """Of our own types alone."""
        if named.type == ORGANIZATION:
            here = named.id in (self.organization.slug, str(self.organization.public_id))
            return Target(ORGANIZATION) if here else None
        if named.type == TEAM:
            team = self.teams.get(number(named.id) or 0)
            return Target(TEAM, _of_team(team)) if team else None
        member = self.members.get(named.id.lower()) if identifier(named.id) else None
        return Target(MEMBER, authority.of(member)) if member else None

    def _person(self, name: str) -> Subject | Reason:
        membership = self.members.get(name.lower())
        if membership is None:
            return Reason.SUBJECT_UNKNOWN
        if not membership.user.is_active or membership.user.locked_at is not None:
            return Reason.SUBJECT_DISABLED
        return Reason.SUBJECT_PAUSED if membership.paused_at is not None else _member(membership)

    def _service(self, name: str) -> Subject | Reason:
        public_id = identifier(name)
        if public_id is None or public_id not in self.services:
            return Reason.SUBJECT_UNKNOWN
        scope = self.services[public_id]
        if scope is None:
            return Reason.SUBJECT_DISABLED
        held = authority.of_service(scope, self.organization.policy)
        return Subject(public_id, frozenset({str(public_id)}), held)


def read(organization: Organization, asked: Collection[Asked]) -> Records:
    """`organization` with its policy. As things are now: nothing of it is kept for the next request."""
    people = {one.subject.id for one in asked if one.subject.type == PERSON}
    people |= {one.resource.id for one in asked if one.resource.type == MEMBER}
    services = _identifiers(one.subject.id for one in asked if one.subject.type == SERVICE)
    named = (number(one.resource.id) for one in asked if one.resource.type == TEAM)
    teams = {team for team in named if team is not None}
    return Records(
        organization,
        _members(organization, people) if people else {},
        _services[0](organization, services) if services else {},
        {team.pk: team for team in _teams(organization).filter(pk__in=teams)} if teams else {},
    )


def identifier(text: str) -> UUID | None:
    """In the one spelling that we hand out: others would make two names of one thing."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None


def number(text: str) -> int | None:
    return int(text) if NUMBER.fullmatch(text) else None


def _identifiers(texts: Iterable[str]) -> set[UUID]:
    return {found for found in map(identifier, texts) if found is not None}


def _members(organization: Organization, names: Collection[str]) -> dict[str, Membership]:
    """By public id, and by the main address of those who have proved that it is theirs."""
    addresses = [name.lower() for name in names if "@" in name]
    proved = EmailAddress.objects.filter(user=OuterRef("user"), email=OuterRef("user__email"), verified=True)
    rows = authority.readable(Membership.objects.of(organization)).select_related("user")
    found: dict[str, Membership] = {}
    wanted = Q(user__public_id__in=_identifiers(names)) | Q(user__email__in=addresses)
    for membership in rows.filter(wanted).annotate(is_proved=Exists(proved)):
        found[str(membership.user.public_id)] = membership
        if vars(membership)["is_proved"]:
            found[membership.user.email.lower()] = membership
    return found


def _teams(organization: Organization) -> QuerySet[Team]:
    grants = Grant.objects.of(organization).filter(team=OuterRef("pk"))
    given = ArraySubquery(grants.values(held=JSONObject(permissions="role__permissions")))
    return Team.objects.of(organization).annotate(given=given)


def _of_team(team: Team) -> Authority:
    held = {permission for grant in vars(team)["given"] for permission in grant["permissions"]}
    if team.makes_admin:
        held |= OF_BUILT_IN[BuiltIn.ADMIN]
    return Authority({permission: [] for permission in OF_BUILT_IN[BuiltIn.OWNER] if permission in held})


def _member(membership: Membership) -> Subject:
    known: dict[str, Any] = vars(membership)
    held = authority.of(membership)
    return Subject(
        membership.user.public_id,
        names_of(membership.user, is_proved=known["is_proved"]),
        held,
        roles=_built_in(held) | _own(grant["role"] for grant in known["grants_held"]),
        teams=frozenset(team["team"].lower() for team in known["teams_held"]),
        team_numbers=frozenset(team["id"] for team in known["teams_held"]),
    )


def _built_in(held: Authority) -> frozenset[str]:
    """With those below: whoever is an owner is an admin as well."""
    above = {BuiltIn.OWNER: held.is_owner, BuiltIn.ADMIN: held.is_admin, BuiltIn.MEMBER: True}
    return frozenset(role.value for role, is_held in above.items() if is_held)


def _own(names: Iterable[str]) -> frozenset[str]:
    """One that somebody named as a built-in role is called is not that role."""
    return frozenset(name.lower() for name in names) - set(BuiltIn.values)


def names_of(user: User, *, is_proved: bool) -> frozenset[str]:
    return frozenset({str(user.public_id), *([user.email.lower()] if is_proved else [])})
