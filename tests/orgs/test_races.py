"""Two at once, over real connections."""

import pytest

from accounts.models import User
from orgs.actor import SHELL, Actor
from orgs.errors import AlreadyMember, InvitationOver, LastOwner, NotYours, OrganizationProblem
from orgs.flows import invitations, members, organizations
from orgs.models import Invitation, Membership, Organization
from orgs.permissions import BuiltIn
from tests.orgs.conftest import join, person
from tests.orgs.test_invitations import invited, token
from tests.security.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def outcome(call: object) -> object:
    """What it raised, or what it answered."""
    try:
        return call()  # type: ignore[operator]
    except OrganizationProblem as refusal:
        return type(refusal)


def of(user: User, organization: Organization) -> Membership:
    return Membership.objects.of(organization).select_related("user", "organization").get(user=user)


@pytest.mark.parametrize("step", ["leave", "demote", "pause", "remove"])
def test_two_owners_go_at_once_and_one_stays(acme: Organization, alice: User, bob: User, step: str) -> None:
    for _ in range(ROUNDS):
        Membership.objects.of(acme).filter(user=alice).update(role=BuiltIn.OWNER, paused_at=None)
        Membership.objects.of(acme).exclude(user=alice).delete()
        join(acme, bob, BuiltIn.OWNER)
        steps = {
            "leave": lambda who, other: members.leave(membership=of(who, acme), by=Actor(who)),
            "demote": lambda who, other: members.change_role(
                membership=of(who, acme), role=BuiltIn.MEMBER, own_roles=[], by=Actor(who)
            ),
            "pause": lambda who, other: members.pause(membership=of(other, acme), by=Actor(who)),
            "remove": lambda who, other: members.remove(membership=of(other, acme), by=Actor(who)),
        }
        act = steps[step]
        found = at_once(
            lambda act=act: outcome(lambda: act(alice, bob)), lambda act=act: outcome(lambda: act(bob, alice))
        )
        assert Membership.objects.owners(acme).count() == 1
        refused = [one for one in found if isinstance(one, type)]
        assert len(refused) == 1
        assert issubclass(refused[0], LastOwner | OrganizationProblem)
        if not Membership.objects.of(acme).filter(user=alice).exists():
            Membership.across_organizations.create(organization=acme, user=alice, role=BuiltIn.OWNER)


def test_the_database_stops_two_owners_who_pass_by_the_flows(
    acme: Organization, alice: User, bob: User
) -> None:
    join(acme, bob, BuiltIn.OWNER)

    def demote(user: User) -> str:
        try:
            Membership.objects.of(acme).filter(user=user).update(role=BuiltIn.ADMIN)
        except Exception as error:
            return type(error).__name__
        return ""

    found = at_once(lambda: demote(alice), lambda: demote(bob))
    assert sorted(found) == ["", "IntegrityError"]
    assert Membership.objects.owners(acme).count() == 1


def test_six_presses_join_once(acme: Organization) -> None:
    dora = person("dora")
    invited(acme)
    secret = token()
    found = at_once(
        *[lambda: outcome(lambda: invitations.accept(invitation=invitations.find(secret), by=Actor(dora)))]
        * 6
    )
    assert sum(isinstance(one, Membership) for one in found) == 1
    assert {one for one in found if isinstance(one, type)} <= {InvitationOver, AlreadyMember}
    assert Membership.objects.of(acme).filter(user=dora).count() == 1


def test_an_invitation_for_anybody_lets_in_one(acme: Organization, bob: User, charlie: User) -> None:
    invited(acme, for_anybody=True)
    secret = token()
    found = at_once(
        lambda: outcome(lambda: invitations.accept(invitation=invitations.find(secret), by=Actor(bob))),
        lambda: outcome(lambda: invitations.accept(invitation=invitations.find(secret), by=Actor(charlie))),
    )
    assert sum(isinstance(one, Membership) for one in found) == 1
    assert Membership.objects.of(acme).count() == 2


def test_accepted_and_withdrawn_at_once_is_one_of_both(acme: Organization, alice: User) -> None:
    dora = person("dora")
    for _ in range(ROUNDS):
        Membership.objects.of(acme).filter(user=dora).delete()
        invitation = invited(acme, for_anybody=True, email="somebody@example.net")
        secret = token("somebody@example.net")
        joined, withdrawn = at_once(
            lambda secret=secret: outcome(
                lambda: invitations.accept(invitation=invitations.find(secret), by=Actor(dora))
            ),
            lambda row=invitation: invitations.withdraw(invitation=row, by=Actor(alice)),
        )
        assert isinstance(joined, Membership) is not withdrawn


def test_a_new_account_by_one_link_is_made_once(acme: Organization) -> None:
    invited(acme)
    secret = token()

    def make() -> object:
        return outcome(
            lambda: invitations.accept_as_new(
                token=secret, password="a b c d e f g", name="D", by=Actor(None)
            )
        )

    found = at_once(*[make] * 4)
    assert sum(isinstance(one, User) for one in found) == 1
    assert User.objects.filter(email="dora@example.org").count() == 1


def test_two_invitations_to_one_mailbox_leave_one_open(acme: Organization) -> None:
    at_once(*[lambda: invited(acme)] * 4)
    assert Invitation.objects.open_of(acme).count() == 1


def test_who_loses_a_role_while_using_it_is_refused(
    acme: Organization, ada: User, bobs: Membership, by_alice: Actor
) -> None:
    """The page was opened as an admin; by the time of the change she is none."""
    for _ in range(ROUNDS):
        Membership.objects.of(acme).filter(user=ada).update(role=BuiltIn.ADMIN)
        Membership.objects.of(acme).filter(pk=bobs.pk).update(paused_at=None)
        demoted, paused = at_once(
            lambda: members.change_role(
                membership=of(ada, acme), role=BuiltIn.MEMBER, own_roles=[], by=by_alice
            ),
            lambda: outcome(lambda: members.pause(membership=bobs, by=Actor(ada))),
        )
        assert demoted is True
        assert paused in (True, NotYours)


def test_one_short_name_is_given_once(db: None, alice: User) -> None:
    found = at_once(
        *[lambda: outcome(lambda: organizations.create(slug="acme", name="Acme", owner=alice, by=SHELL))] * 4
    )
    assert sum(isinstance(one, Organization) for one in found) == 1
    assert Organization.objects.count() == 1
