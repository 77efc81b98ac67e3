"""Roles, pausing, leaving, being removed; and that somebody always owns it."""

import pytest

from accounts import access
from accounts.access import Reason
from accounts.models import User
from audit.actions import Action
from audit.models import Event
from orgs import holdings
from orgs.actor import Actor
from orgs.errors import AboveYourself, AlreadyMember, LastOwner, NotYours, Paused, Suspended
from orgs.flows import invitations, members, organizations, roles, teams
from orgs.models import Invitation, Membership, Organization
from orgs.permissions import BuiltIn, Permission
from tests.orgs.conftest import join
from tests.outbox import mails

pytestmark = pytest.mark.django_db


def of(user: User, organization: Organization) -> Membership:
    return Membership.objects.of(organization).select_related("user", "organization").get(user=user)


def events(action: Action) -> int:
    return Event.objects.of_action(action).count()


def test_a_role_is_changed_told_and_noted(acme: Organization, bobs: Membership, by_alice: Actor) -> None:
    assert members.change_role(membership=bobs, role=BuiltIn.ADMIN, own_roles=[], by=by_alice)
    assert of(bobs.user, acme).role == BuiltIn.ADMIN
    mail = mails(message="organization_role_changed", recipient=bobs.user.email).get()
    assert "Acme Lamps" in mail.text
    assert "admin" in mail.text
    assert events(Action.MEMBER_CHANGE) == 1


def test_the_same_roles_again_change_nothing(acme: Organization, bobs: Membership, by_alice: Actor) -> None:
    assert not members.change_role(membership=bobs, role=BuiltIn.MEMBER, own_roles=[], by=by_alice)
    assert events(Action.MEMBER_CHANGE) == 0


def test_an_admin_makes_no_owner_and_touches_none(
    acme: Organization, alice: User, ada: User, bobs: Membership
) -> None:
    by = Actor(ada)
    for refused in (
        lambda: members.change_role(membership=bobs, role=BuiltIn.OWNER, own_roles=[], by=by),
        lambda: members.change_role(membership=of(alice, acme), role=BuiltIn.MEMBER, own_roles=[], by=by),
        lambda: members.remove(membership=of(alice, acme), by=by),
        lambda: members.pause(membership=of(alice, acme), by=by),
        lambda: members.change_role(membership=of(ada, acme), role=BuiltIn.OWNER, own_roles=[], by=by),
    ):
        with pytest.raises(AboveYourself):
            refused()
    assert of(alice, acme).role == BuiltIn.OWNER


def test_who_may_manage_members_cannot_raise_themselves(
    acme: Organization, bobs: Membership, by_alice: Actor, ada: User
) -> None:
    manager = roles.create(
        organization=acme, name="Manager", permissions=[Permission.MEMBERS_MANAGE], by=by_alice
    )
    strong = roles.create(
        organization=acme, name="Strong", permissions=[Permission.POLICY_MANAGE], by=by_alice
    )
    members.change_role(membership=bobs, role=BuiltIn.MEMBER, own_roles=[manager], by=by_alice)
    by = Actor(bobs.user)
    with pytest.raises(AboveYourself):
        members.change_role(membership=bobs, role=BuiltIn.ADMIN, own_roles=[manager], by=by)
    with pytest.raises(AboveYourself):
        members.change_role(membership=bobs, role=BuiltIn.MEMBER, own_roles=[manager, strong], by=by)
    with pytest.raises(AboveYourself):
        members.remove(membership=of(ada, acme), by=by)
    with pytest.raises(NotYours):
        roles.edit(role=manager, name="Manager", permissions=list(Permission), by=by)


def test_a_team_gives_no_more_than_its_maker_has(
    acme: Organization, bobs: Membership, by_alice: Actor
) -> None:
    keeper = roles.create(
        organization=acme, name="Keeper", permissions=[Permission.TEAMS_MANAGE], by=by_alice
    )
    admins = teams.create(organization=acme, name="Admins", makes_admin=True, roles=[], by=by_alice)
    members.change_role(membership=bobs, role=BuiltIn.MEMBER, own_roles=[keeper], by=by_alice)
    by = Actor(bobs.user)
    with pytest.raises(AboveYourself):
        teams.create(organization=acme, name="Mine", makes_admin=True, roles=[], by=by)
    with pytest.raises(AboveYourself):
        teams.add_member(team=admins, membership=bobs, by=by)
    with pytest.raises(AboveYourself):
        teams.edit(team=admins, name="Ours", makes_admin=False, roles=[], by=by)
    with pytest.raises(AboveYourself):
        teams.delete(team=admins, by=by)
    plain = teams.create(organization=acme, name="Plain", makes_admin=False, roles=[keeper], by=by)
    assert teams.add_member(team=plain, membership=bobs, by=by)


def test_the_last_owner_stays(acme: Organization, alice: User, ada: User, by_alice: Actor) -> None:
    own = of(alice, acme)
    for refused in (
        lambda: members.leave(membership=own, by=by_alice),
        lambda: members.remove(membership=own, by=by_alice),
        lambda: members.pause(membership=own, by=by_alice),
        lambda: members.change_role(membership=own, role=BuiltIn.ADMIN, own_roles=[], by=by_alice),
    ):
        with pytest.raises(LastOwner):
            refused()
    assert [row.user for row in Membership.objects.owners(acme)] == [alice]


@pytest.mark.parametrize("unable", ["disabled", "paused"])
def test_an_owner_who_cannot_act_is_no_other_owner(
    acme: Organization, alice: User, bob: User, by_alice: Actor, unable: str
) -> None:
    second = join(acme, bob, BuiltIn.OWNER)
    if unable == "disabled":
        User.objects.filter(pk=bob.pk).update(is_active=False)
    else:
        members.pause(membership=second, by=by_alice)
    with pytest.raises(LastOwner):
        members.leave(membership=of(alice, acme), by=by_alice)


def test_with_a_second_owner_the_first_may_go(acme: Organization, alice: User, bob: User) -> None:
    join(acme, bob, BuiltIn.OWNER)
    members.leave(membership=of(alice, acme), by=Actor(alice))
    assert [row.user for row in Membership.objects.owners(acme)] == [bob]


def test_owners_hear_of_a_new_one(acme: Organization, alice: User, bobs: Membership, ada: User) -> None:
    second = join(acme, User.objects.create_user("olga@example.org"), BuiltIn.OWNER)
    members.change_role(membership=bobs, role=BuiltIn.OWNER, own_roles=[], by=Actor(second.user))
    told = mails(message="organization_owner_added").values_list("recipient", flat=True)
    assert list(told) == [alice.email]


def test_removal_ends_what_was_held_and_tells(
    acme: Organization, bobs: Membership, by_alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setitem(holdings._kinds, "probe", lambda membership: asked.append(membership.pk) or 3)
    members.remove(membership=bobs, by=by_alice)
    assert asked == [bobs.pk]
    assert not Membership.objects.of(acme).filter(user=bobs.user).exists()
    assert mails(message="organization_removed", recipient=bobs.user.email).count() == 1
    assert Event.objects.of_action(Action.MEMBER_REMOVE).get().data["ended"]["probe"] == 3


def test_who_is_removed_leaves_no_invitation_behind(acme: Organization, ada: User, by_alice: Actor) -> None:
    invitations.invite(organization=acme, email="ada.too@example.net", role=BuiltIn.ADMIN, by=Actor(ada))
    members.remove(membership=of(ada, acme), by=by_alice)
    assert Invitation.objects.open_of(acme).count() == 0


def test_a_pause_takes_and_gives_back_everything(
    acme: Organization, bobs: Membership, by_alice: Actor
) -> None:
    recruiter = roles.create(
        organization=acme, name="Recruiter", permissions=[Permission.MEMBERS_INVITE], by=by_alice
    )
    members.change_role(membership=bobs, role=BuiltIn.MEMBER, own_roles=[recruiter], by=by_alice)
    members.pause(membership=bobs, by=by_alice)
    by = Actor(bobs.user)
    with pytest.raises(Paused):
        invitations.invite(organization=acme, email="x@example.net", role=BuiltIn.MEMBER, by=by)
    assert members.resume(membership=bobs, by=by_alice)
    assert not members.resume(membership=bobs, by=by_alice)
    invitations.invite(organization=acme, email="x@example.net", role=BuiltIn.MEMBER, by=by)


def test_nothing_can_be_done_in_a_suspended_one_and_everything_afterwards(
    acme: Organization, bobs: Membership, by_alice: Actor
) -> None:
    from_desk = Actor(None, None, is_operator=True)
    assert organizations.suspend(organization=acme, by=from_desk)
    assert not organizations.suspend(organization=acme, by=from_desk)
    with pytest.raises(Suspended):
        members.pause(membership=bobs, by=by_alice)
    assert organizations.resume(organization=acme, by=from_desk)
    assert members.pause(membership=bobs, by=by_alice)


def test_nobody_joins_twice(acme: Organization, bobs: Membership) -> None:
    with pytest.raises(AlreadyMember):
        join(acme, bobs.user)


def test_an_outsider_can_do_nothing(acme: Organization, bobs: Membership, charlie: User) -> None:
    by = Actor(charlie)
    for refused in (
        lambda: members.pause(membership=bobs, by=by),
        lambda: invitations.invite(organization=acme, email="x@example.net", role=BuiltIn.MEMBER, by=by),
        lambda: organizations.close(organization=acme, by=by),
        lambda: organizations.suspend(organization=acme, by=by),
        lambda: organizations.vouch(organization=acme, is_trusted=False, by=by),
    ):
        with pytest.raises(NotYours):
            refused()


@pytest.mark.parametrize("reason", list(Reason))
def test_after_a_break_in_what_was_sent_in_ones_name_ends(
    acme: Organization, ada: User, reason: Reason
) -> None:
    invitations.invite(organization=acme, email="thief@example.net", role=BuiltIn.ADMIN, by=Actor(ada))
    access.revoke(ada, reason=reason, actor=None)
    assert Invitation.objects.open_of(acme).exists() is (reason not in holdings.DOUBTFUL)


def test_a_role_that_grew_or_went_since_the_form_was_checked_is_looked_at_anew(
    acme: Organization, ada: User, bobs: Membership, by_alice: Actor
) -> None:
    viewing, closing = [Permission.ACTIVITY_VIEW], [Permission.ORGANIZATION_CLOSE]
    stale = roles.create(organization=acme, name="Grew", permissions=viewing, by=by_alice)
    roles.edit(role=stale, name="Grew", permissions=closing, by=by_alice)
    by = Actor(ada)
    with pytest.raises(AboveYourself):
        members.change_role(membership=bobs, role=BuiltIn.MEMBER, own_roles=[stale], by=by)
    with pytest.raises(AboveYourself):
        teams.create(organization=acme, name="Team", makes_admin=False, roles=[stale], by=by)
    team = teams.create(organization=acme, name="Team", makes_admin=False, roles=[], by=by)
    with pytest.raises(AboveYourself):
        teams.edit(team=team, name="Team", makes_admin=False, roles=[stale], by=by)
    gone = roles.create(organization=acme, name="Went", permissions=viewing, by=by_alice)
    roles.delete(role=roles._fresh(gone), by=by_alice)
    assert not members.change_role(membership=bobs, role=BuiltIn.MEMBER, own_roles=[gone], by=by)
