"""Whoever was removed or paused stays out, until somebody who may invites them anew."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from accounts.models import User
from orgs.actor import SHELL, Actor
from orgs.errors import InvitationOver
from orgs.flows import invitations, members
from orgs.models import Invitation, KeptOut, Membership, Organization
from orgs.permissions import BuiltIn
from tests.orgs.conftest import join, signed_in
from tests.orgs.test_invitations import invited, token

pytestmark = pytest.mark.django_db
OTHER = "robert@example.net"


@pytest.fixture(autouse=True)
def another_mailbox(bob: User) -> None:
    EmailAddress.objects.create(user=bob, email=OTHER, verified=True)


def is_in(organization: Organization, user: User) -> bool:
    return Membership.objects.of(organization).filter(user=user).exists()


def leaves(user: User) -> None:
    assert signed_in(user).post("/orgs/acme/leave/").status_code == 302


@pytest.mark.parametrize("end", [members.pause, members.remove], ids=["pause", "remove"])
def test_invitations_to_their_other_mailboxes_end(
    acme: Organization, bobs: Membership, by_alice: Actor, end: Any
) -> None:
    invited(acme, OTHER)
    kept = invited(acme, "dora@example.org")
    end(membership=bobs, by=by_alice)
    assert [*Invitation.objects.open_of(acme)] == [kept]


def test_a_pause_is_not_undone_by_leaving(acme: Organization, bobs: Membership, by_alice: Actor) -> None:
    """Nor by a link to somebody else's mailbox, sent before."""
    members.pause(membership=bobs, by=by_alice)
    invited(acme, "dora@example.org", for_anybody=True)
    leaves(bobs.user)
    assert not is_in(acme, bobs.user)
    assert members.is_kept_out(acme, bobs.user)
    with pytest.raises(InvitationOver):
        invitations.accept(invitation=invitations.find(token()), by=Actor(bobs.user))
    assert Invitation.objects.open_of(acme).exists()


def test_nor_is_a_removal(acme: Organization, bobs: Membership, by_alice: Actor) -> None:
    invited(acme, "dora@example.org", for_anybody=True)
    members.remove(membership=bobs, by=by_alice)
    assert members.is_kept_out(acme, bobs.user)
    with pytest.raises(InvitationOver):
        invitations.accept(invitation=invitations.find(token()), by=Actor(bobs.user))


def test_a_new_invitation_lets_them_in_again(acme: Organization, bobs: Membership, by_alice: Actor) -> None:
    members.remove(membership=bobs, by=by_alice)
    KeptOut.objects.of(acme).update(since=timezone.now() - timedelta(days=1))
    invitation = invited(acme, bobs.user.email, by=by_alice)
    assert not members.is_kept_out(acme, bobs.user)
    invitations.withdraw(invitation=invitation, by=by_alice)
    assert members.is_kept_out(acme, bobs.user)
    invited(acme, bobs.user.email, by=by_alice)
    invitations.accept(invitation=invitations.find(token(bobs.user.email)), by=Actor(bobs.user))
    assert is_in(acme, bobs.user)
    assert not KeptOut.objects.of(acme).exists()


def test_as_do_those_who_run_the_site(acme: Organization, bobs: Membership, by_alice: Actor) -> None:
    members.remove(membership=bobs, by=by_alice)
    members.add(organization=acme, user=bobs.user, role=BuiltIn.MEMBER, by=SHELL)
    assert not KeptOut.objects.of(acme).exists()


def test_whoever_goes_by_themselves_may_come_back(acme: Organization, bobs: Membership, ada: User) -> None:
    leaves(bobs.user)
    members.remove(membership=Membership.objects.of(acme).get(user=ada), by=Actor(ada))
    assert not KeptOut.objects.of(acme).exists()


def test_it_holds_in_that_organization_alone(
    acme: Organization, globex: Organization, bobs: Membership, by_alice: Actor
) -> None:
    members.remove(membership=bobs, by=by_alice)
    assert not members.is_kept_out(globex, bobs.user)
    assert join(globex, bobs.user)
    assert members.is_kept_out(acme, bobs.user)


def test_the_page_of_such_an_invitation_says_that_it_is_over(
    acme: Organization, bobs: Membership, by_alice: Actor
) -> None:
    invited(acme, "dora@example.org", for_anybody=True)
    members.remove(membership=bobs, by=by_alice)
    client: Client = signed_in(bobs.user)
    answer = client.post(f"/orgs/invitations/{token()}/")
    assert (answer.status_code, is_in(acme, bobs.user)) == (409, False)


def test_nor_do_they_claim_one_that_is_older(acme: Organization, bobs: Membership, by_alice: Actor) -> None:
    invited(acme, "dora@example.org", for_anybody=True)
    members.remove(membership=bobs, by=by_alice)
    Client().post(f"/orgs/invitations/{token()}/", {"email": OTHER})
    assert members.is_kept_out(acme, bobs.user)
    with pytest.raises(InvitationOver):
        invitations.accept(invitation=invitations.find(token(OTHER)), by=Actor(bobs.user))
