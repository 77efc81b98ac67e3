"""What a member may do in an organization, and why: the one function that says so."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from orgs.models import Grant, Membership, Policy, Team, TeamMember
from orgs.permissions import EVERYTHING, OF_BUILT_IN, BuiltIn, Permission


@dataclass(frozen=True)
class Authority:
    """Each permission with the reasons for it, in words; a permission without a reason is not held."""

    reasons: dict[Permission, list[str]]
    is_owner: bool = False
    # By their own role or by a team.
    is_admin: bool = False
    # What each built-in role brings under the rules of this organization.
    built_in: Mapping[str, frozenset[Permission]] = field(default_factory=lambda: OF_BUILT_IN)
    # What they may by themselves, where the credential in use allows less of it.
    rank: frozenset[Permission] | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        return frozenset(self.reasons)

    def may(self, permission: Permission) -> bool:
        return permission in self.reasons

    def covers(self, permissions: Iterable[str]) -> bool:
        return self.permissions.issuperset(permissions)

    def may_give(self, role: str) -> bool:
        """Nobody gives what they do not have; ownership is given by owners."""
        return (self.is_owner and self.covers(EVERYTHING)) or (
            role != BuiltIn.OWNER and self.covers(self.built_in[role])
        )

    def may_give_team(self, team: Team) -> bool:
        grants = Grant.objects.of(team.organization).filter(team=team).select_related("role")
        return (not team.makes_admin or self.may_give(BuiltIn.ADMIN)) and all(
            self.covers(grant.role.permissions) for grant in grants
        )

    def stands_over(self, other: "Authority") -> bool:
        """Whom somebody may act on is about the two of them, and not about the credential in use."""
        rank = self.permissions if self.rank is None else self.rank
        return self.is_owner or (not other.is_owner and rank.issuperset(other.permissions))

    def within(self, scope: Collection[str] | None) -> "Authority":
        """What is left of it to a program that was given no more than `scope`; None is no limit."""
        if scope is None:
            return self
        left = {permission: why for permission, why in self.reasons.items() if permission in scope}
        return replace(self, reasons=left, rank=self.permissions)


OPERATOR = Authority({permission: [] for permission in EVERYTHING}, is_owner=True)


def readable(rows: QuerySet[Membership]) -> QuerySet[Membership]:
    """With everything that `of` looks at, in the one statement that reads the rows."""
    same = {"organization": OuterRef("organization")}
    teams = TeamMember.across_organizations.filter(**same, membership=OuterRef("pk")).order_by("team__name")
    given = Q(membership=OuterRef("pk")) | Q(team__team_members__membership=OuterRef("pk"))
    grants = Grant.across_organizations.filter(given, **same).order_by("role__name", "team__name")
    return rows.select_related("organization__policy").annotate(
        teams_held=ArraySubquery(
            teams.values(held=JSONObject(id="team", team="team__name", makes_admin="team__makes_admin"))
        ),
        grants_held=ArraySubquery(
            grants.values(
                held=JSONObject(role="role__name", permissions="role__permissions", team="team__name")
            )
        ),
    )


def of(membership: Membership) -> Authority:
    """Of a row that was read by way of `readable`."""
    reasons: dict[Permission, list[str]] = {}
    inviters = membership.organization.policy.inviters
    own = _("as %(role)s") % {"role": membership.get_role_display()}
    _add(reasons, OF_BUILT_IN[membership.role], own)
    for team in vars(membership)["teams_held"]:
        if team["makes_admin"]:
            because = _("as admin, by the team %(team)s") % team
            _add(reasons, OF_BUILT_IN[BuiltIn.ADMIN], because)
    for grant in vars(membership)["grants_held"]:
        because = _("as %(role)s, by the team %(team)s") if grant["team"] else _("as %(role)s")
        _add(reasons, grant["permissions"], because % grant)
    if inviters == Policy.Inviters.MEMBERS:
        _add(reasons, [Permission.MEMBERS_INVITE], _("by the rules of the organization"))
    elif inviters == Policy.Inviters.OWNERS and not membership.is_owner:
        reasons.pop(Permission.MEMBERS_INVITE, None)
    by_team = any(team["makes_admin"] for team in vars(membership)["teams_held"])
    return Authority(
        reasons,
        is_owner=membership.is_owner,
        is_admin=by_team or membership.role in (BuiltIn.OWNER, BuiltIn.ADMIN),
        built_in=_built_in(inviters),
    )


def of_service(scope: Iterable[str], policy: Policy) -> Authority:
    """Of a service account: what it was given, and nothing by a role."""
    reasons: dict[Permission, list[str]] = {}
    _add(reasons, scope, _("as service account"))
    if policy.inviters == Policy.Inviters.OWNERS:
        reasons.pop(Permission.MEMBERS_INVITE, None)
    return Authority(reasons, built_in=_built_in(policy.inviters))


def spelled(permissions: Iterable[Permission]) -> list[str]:
    return sorted(permission.value for permission in permissions)


def _built_in(inviters: str) -> dict[str, frozenset[Permission]]:
    invite = {Permission.MEMBERS_INVITE}
    if inviters == Policy.Inviters.OWNERS:
        return {role: held if role == BuiltIn.OWNER else held - invite for role, held in OF_BUILT_IN.items()}
    if inviters == Policy.Inviters.MEMBERS:
        return {role: held | invite for role, held in OF_BUILT_IN.items()}
    return OF_BUILT_IN


def _add(reasons: dict[Permission, list[str]], permissions: Iterable[str], because: str) -> None:
    for permission in permissions:
        # A role may still name what a later version of the site no longer knows.
        if permission in EVERYTHING:
            reasons.setdefault(Permission(permission), []).append(because)
