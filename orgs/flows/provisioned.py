"""What an identity provider says about a member, applied: roles and teams follow its groups at every sign-in."""

from collections.abc import Collection
from dataclasses import dataclass, field

from audit.actions import Action
from orgs.actor import Actor
from orgs.flows.change import record
from orgs.models import Grant, Membership, TeamMember
from orgs.permissions import BuiltIn


@dataclass(frozen=True)
class Wanted:
    """Of what the provider decides (`of`), which somebody shall have (`given`), by primary key."""

    of: Collection[int] = field(default_factory=frozenset)
    given: Collection[int] = field(default_factory=frozenset)


def follow(
    *, membership: Membership, makes_admin: bool | None, roles: Wanted, teams: Wanted, by: Actor, source: str
) -> bool:
    """The caller holds the organization. Owners stay owners; what no group decides about stays as it is."""
    organization = membership.organization
    before = _held(membership)
    if makes_admin is not None and not membership.is_owner:
        role = BuiltIn.ADMIN if makes_admin else BuiltIn.MEMBER
        Membership.objects.of(organization).filter(pk=membership.pk).exclude(role=BuiltIn.OWNER).update(
            role=role
        )
        membership.role = role
    grants = Grant.objects.of(organization).filter(membership=membership)
    grants.filter(role__in=roles.of).exclude(role__in=roles.given).delete()
    Grant.across_organizations.bulk_create(
        [Grant(organization=organization, role_id=role, membership=membership) for role in roles.given],
        ignore_conflicts=True,
    )
    places = TeamMember.objects.of(organization).filter(membership=membership)
    places.filter(team__in=teams.of).exclude(team__in=teams.given).delete()
    TeamMember.across_organizations.bulk_create(
        [TeamMember(organization=organization, team_id=team, membership=membership) for team in teams.given],
        ignore_conflicts=True,
    )
    after = _held(membership)
    if before != after:
        record(
            Action.MEMBER_CHANGE,
            organization,
            by,
            person=membership.user.public_id,
            before=before,
            after=after,
            data={"by": source},
        )
    return before != after


def _held(membership: Membership) -> dict[str, object]:
    organization = membership.organization
    roles = Grant.objects.of(organization).filter(membership=membership).values_list("role__name", flat=True)
    teams = (
        TeamMember.objects.of(organization).filter(membership=membership).values_list("team__name", flat=True)
    )
    return {"roles": sorted([membership.role, *roles]), "teams": sorted(teams)}
