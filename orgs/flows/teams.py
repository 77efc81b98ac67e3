"""Teams, who is in them, and what that brings. Nobody gives or takes by a team what they may not do themselves."""

from django.db import IntegrityError, transaction

from audit.actions import Action
from core.errors import Missing
from orgs.actor import Actor
from orgs.authority import Authority
from orgs.errors import AboveYourself, NameTaken
from orgs.flows import roles as role_flow
from orgs.flows.change import change, record, require_proof
from orgs.models import Grant, Membership, Organization, Role, Team, TeamMember
from orgs.permissions import BuiltIn, Permission


def create(*, organization: Organization, name: str, makes_admin: bool, roles: list[Role], by: Actor) -> Team:
    with change(organization, by=by, permission=Permission.TEAMS_MANAGE) as held:
        roles = role_flow.as_they_are(organization, roles)
        _check(held, makes_admin, roles, by)
        team = Team(organization=organization, name=name, makes_admin=makes_admin)
        _save(team)
        _set_roles(team, roles)
        record(Action.TEAM_CREATE, organization, by, target=_target(team), after=_content(team))
    return team


def edit(*, team: Team, name: str, makes_admin: bool, roles: list[Role], by: Actor) -> None:
    organization = team.organization
    with change(organization, by=by, permission=Permission.TEAMS_MANAGE) as held:
        fresh, roles = _fresh(team, held), role_flow.as_they_are(organization, roles)
        _check(held, makes_admin, roles, by)
        before = _content(fresh)
        fresh.name, fresh.makes_admin = name, makes_admin
        _save(fresh)
        _set_roles(fresh, roles)
        after = _content(fresh)
        if before != after:
            record(Action.TEAM_CHANGE, organization, by, target=_target(fresh), before=before, after=after)


def delete(*, team: Team, by: Actor) -> None:
    """Its members stay in the organization, without what the team brought."""
    organization = team.organization
    with change(organization, by=by, permission=Permission.TEAMS_MANAGE) as held:
        fresh = _fresh(team, held)
        record(Action.TEAM_DELETE, organization, by, target=_target(fresh), before=_content(fresh))
        fresh.delete()


def add_member(*, team: Team, membership: Membership, by: Actor) -> bool:
    organization = team.organization
    with change(organization, by=by, permission=Permission.TEAMS_MANAGE) as held:
        fresh = _fresh(team, held)
        if not Membership.objects.of(organization).filter(pk=membership.pk).exists():
            raise Missing
        if brings_something(fresh):
            require_proof(by)
        _row, added = TeamMember.objects.of(organization).get_or_create(
            team=fresh, membership=membership, defaults={"organization": organization}
        )
        if added:
            _record_member(Action.TEAM_ADD, fresh, membership, by)
    return added


def remove_member(*, team: Team, membership: Membership, by: Actor) -> bool:
    organization = team.organization
    with change(organization, by=by, permission=Permission.TEAMS_MANAGE) as held:
        fresh = _fresh(team, held)
        removed, _ = TeamMember.objects.of(organization).filter(team=fresh, membership=membership).delete()
        if removed:
            _record_member(Action.TEAM_REMOVE, fresh, membership, by)
    return bool(removed)


def brings_something(team: Team) -> bool:
    """Whether its members may more than others."""
    return team.makes_admin or Grant.objects.of(team.organization).filter(team=team).exists()


def _check(held: Authority, makes_admin: bool, roles: list[Role], by: Actor) -> None:
    if makes_admin and not held.may_give(BuiltIn.ADMIN):
        raise AboveYourself
    if not all(held.covers(role.permissions) for role in roles):
        raise AboveYourself
    if makes_admin or roles:
        require_proof(by)


def _fresh(team: Team, held: Authority) -> Team:
    fresh = Team.objects.of(team.organization).select_related("organization").filter(pk=team.pk).first()
    if fresh is None:
        raise Missing
    if not held.may_give_team(fresh):
        raise AboveYourself
    return fresh


def _save(team: Team) -> None:
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise NameTaken from error


def _set_roles(team: Team, roles: list[Role]) -> None:
    Grant.objects.of(team.organization).filter(team=team).exclude(role__in=roles).delete()
    Grant.across_organizations.bulk_create(
        [Grant(organization=team.organization, role=role, team=team) for role in roles], ignore_conflicts=True
    )


def _record_member(action: Action, team: Team, membership: Membership, by: Actor) -> None:
    record(
        action,
        team.organization,
        by,
        person=membership.user.public_id,
        target=_target(team),
        data={"team": team.name},
    )


def _target(team: Team) -> tuple[str, str]:
    return "organization-team", str(team.pk)


def _content(team: Team) -> dict[str, object]:
    grants = Grant.objects.of(team.organization).filter(team=team).select_related("role")
    return {
        "name": team.name,
        "makes_admin": team.makes_admin,
        "roles": sorted(grant.role.name for grant in grants),
    }
