"""What somebody may do, and why."""

import pytest

from orgs import authority
from orgs.actor import SHELL, Actor
from orgs.flows import members, roles, teams
from orgs.models import Membership, Organization, Policy, Role
from orgs.permissions import EVERYTHING, OF_BUILT_IN, BuiltIn, Permission

pytestmark = pytest.mark.django_db


def fresh(membership: Membership) -> Membership:
    return authority.readable(Membership.objects.of(membership.organization)).get(pk=membership.pk)


def owner(acme: Organization) -> Membership:
    return authority.readable(Membership.objects.owners(acme)).get()


def test_an_owner_may_everything(acme: Organization) -> None:
    assert authority.of(owner(acme)).permissions == EVERYTHING


def test_a_member_sees_and_changes_nothing(bobs: Membership) -> None:
    assert authority.of(fresh(bobs)).permissions == OF_BUILT_IN[BuiltIn.MEMBER]


def test_each_permission_has_its_reasons(acme: Organization, bobs: Membership, by_alice: Actor) -> None:
    recruiter = roles.create(
        organization=acme, name="Recruiter", permissions=[Permission.MEMBERS_INVITE], by=by_alice
    )
    members.change_role(membership=bobs, role=BuiltIn.MEMBER, own_roles=[recruiter], by=by_alice)
    team = teams.create(organization=acme, name="Platform", makes_admin=True, roles=[recruiter], by=by_alice)
    teams.add_member(team=team, membership=bobs, by=by_alice)
    held = authority.of(fresh(bobs))
    assert held.reasons[Permission.MEMBERS_INVITE] == [
        "as admin, by the team Platform",
        "as Recruiter, by the team Platform",
        "as Recruiter",
    ]
    assert held.reasons[Permission.ORGANIZATION_VIEW][0] == "as member"
    assert not held.may(Permission.ORGANIZATION_CLOSE)
    assert not held.is_owner


@pytest.mark.parametrize(
    ("inviters", "owner_may", "admin_may", "member_may"),
    [
        (Policy.Inviters.OWNERS, True, False, False),
        (Policy.Inviters.ADMINS, True, True, False),
        (Policy.Inviters.MEMBERS, True, True, True),
    ],
)
def test_the_rules_say_who_may_invite(
    acme: Organization, bobs: Membership, inviters: str, owner_may: bool, admin_may: bool, member_may: bool
) -> None:
    Policy.objects.of(acme).update(inviters=inviters)
    found = {}
    for role in BuiltIn.values:
        membership = fresh(bobs)
        membership.role = role
        found[role] = authority.of(membership).may(Permission.MEMBERS_INVITE)
    assert found == {"owner": owner_may, "admin": admin_may, "member": member_may}


def test_a_permission_that_no_longer_exists_is_none(
    acme: Organization, bobs: Membership, by_alice: Actor
) -> None:
    old = roles.create(organization=acme, name="Old", permissions=[Permission.MEMBERS_INVITE], by=by_alice)
    members.change_role(membership=bobs, role=BuiltIn.MEMBER, own_roles=[old], by=by_alice)
    Role.objects.of(acme).update(permissions=["from.before"])
    assert authority.of(fresh(bobs)).permissions == OF_BUILT_IN[BuiltIn.MEMBER]


def test_a_role_of_another_organization_counts_for_nothing(
    acme: Organization, globex: Organization, bobs: Membership
) -> None:
    roles.create(organization=globex, name="Boss", permissions=list(Permission), by=SHELL)
    assert authority.of(fresh(bobs)).permissions == OF_BUILT_IN[BuiltIn.MEMBER]
