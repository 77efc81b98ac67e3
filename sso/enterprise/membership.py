"""What a sign-in at an organization's provider makes of somebody there: a member, with what their groups bring."""

from django.db import transaction

from accounts.models import User
from audit import log
from audit.actions import Action
from core.client import Facts
from orgs.actor import Actor
from orgs.flows import members, provisioned
from orgs.flows.provisioned import Wanted
from orgs.models import Membership, Organization
from orgs.permissions import BuiltIn
from sso.enterprise.mapping import Profile
from sso.enterprise.source import OfOrganization
from sso.models import Connection, GroupRule, Rank


def settle(connection: Connection, user: User, profile: Profile, facts: Facts) -> str:
    """Why this person does not come in by this connection, or nothing: then everything is as the provider says."""
    organization = connection.organization
    rules = _rules(connection)
    membership = _of(organization, user)
    if membership is None or rules:
        # Only for what may change something: at nine o'clock all of an organization's people come at once.
        membership = _join_and_follow(connection, user, profile, facts, rules)
    if membership is None:
        return "not-a-member"
    if membership.paused_at is not None:
        return "paused"
    _follow_profile(connection, user, profile, facts)
    return ""


def _rules(connection: Connection) -> list[GroupRule]:
    """None while somebody may have set it up who could not give by hand what groups bring."""
    if connection.opens_up_to == Rank.MEMBER:
        return []
    return [*GroupRule.objects.of(connection.organization).filter(connection=connection)]


def _of(organization: Organization, user: User) -> Membership | None:
    rows = Membership.objects.of(organization).filter(user=user).select_related("user", "organization")
    return rows.first()


def _join_and_follow(
    connection: Connection, user: User, profile: Profile, facts: Facts, rules: list[GroupRule]
) -> Membership | None:
    with transaction.atomic():
        organization = Organization.objects.select_for_update(no_key=True).get(pk=connection.organization_id)
        membership = _of(organization, user)
        is_open = connection.creates_people and organization.is_active
        if membership is None and is_open and not members.is_kept_out(organization, user):
            by = Actor(user, facts)
            membership = members.join(organization=organization, user=user, role=BuiltIn.MEMBER, by=by)
        if membership is not None and membership.paused_at is None:
            _follow_groups(connection, membership, profile, facts, rules)
    return membership


def _follow_groups(
    connection: Connection,
    membership: Membership,
    profile: Profile,
    facts: Facts,
    rules: list[GroupRule],
) -> None:
    if not rules:
        return
    met = [rule for rule in rules if rule.group in profile.groups]
    decides_admin = any(rule.built_in for rule in rules)
    provisioned.follow(
        membership=membership,
        makes_admin=any(rule.built_in for rule in met) if decides_admin else None,
        roles=Wanted(
            {rule.role_id for rule in rules if rule.role_id}, {rule.role_id for rule in met if rule.role_id}
        ),
        teams=Wanted(
            {rule.team_id for rule in rules if rule.team_id}, {rule.team_id for rule in met if rule.team_id}
        ),
        by=Actor(None, facts),
        source=connection.slug,
    )


def _follow_profile(connection: Connection, user: User, profile: Profile, facts: Facts) -> None:
    """The name, of those whose account is the organization's: a private one that is connected keeps its own."""
    if not profile.name or profile.name == user.name or not OfOrganization(connection).speaks_for(user.email):
        return
    before, user.name = user.name, profile.name
    user.save(update_fields=["name"])
    log.record(
        Action.PROFILE_CHANGE,
        person=user.public_id,
        organization=connection.organization.public_id,
        facts=facts,
        before={"name": before},
        after={"name": user.name},
        data={"by": connection.slug},
    )
