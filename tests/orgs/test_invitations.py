"""Being asked in."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.actions import Action
from audit.models import Event
from orgs.actor import SHELL, Actor
from orgs.errors import AboveYourself, AlreadyMember, InvitationOver, NotInvited, OutsideDomains, Suspended
from orgs.flows import invitations, organizations, roles, teams
from orgs.models import Invitation, Membership, Organization, Policy, TeamMember
from orgs.permissions import BuiltIn, Permission
from tests.conftest import PASSWORD
from tests.orgs.conftest import join, person, signed_in
from tests.outbox import mails

pytestmark = pytest.mark.django_db
DORA = "dora@example.org"


def invited(organization: Organization, email: str = DORA, **more: Any) -> Invitation:
    more = {"role": BuiltIn.MEMBER, "by": SHELL, **more}
    return invitations.invite(organization=organization, email=email, **more)


def path(email: str = DORA) -> str:
    text = mails(message="organization_invitation", recipient=email).latest("id").text
    found = re.search(r"http://localhost(/orgs/invitations/\S+)", text)
    assert found
    return found[1]


def token(email: str = DORA) -> str:
    return path(email).rstrip("/").rpartition("/")[2]


def test_it_is_mailed_and_kept_as_a_digest(acme: Organization, by_alice: Actor) -> None:
    invitation = invited(acme, by=by_alice)
    assert token() not in str(Invitation.objects.of(acme).values().get())
    assert "Alice Arden" in mails(message="organization_invitation").get().text
    assert timedelta(hours=71) < invitation.expires_at - timezone.now() <= timedelta(hours=72)


def test_opening_it_joins_nobody(acme: Organization) -> None:
    person("dora")
    invited(acme)
    assert Client().get(path()).status_code == 200
    assert Membership.objects.of(acme).count() == 1


def test_whom_it_is_for_joins_by_a_press_and_once(acme: Organization) -> None:
    client = signed_in(person("dora"))
    team = teams.create(organization=acme, name="People", makes_admin=False, roles=[], by=SHELL)
    invited(acme, role=BuiltIn.ADMIN, team=team)
    assert client.post(path()).url == "/orgs/acme/"
    membership = Membership.objects.of(acme).get(user__email=DORA)
    assert membership.role == BuiltIn.ADMIN
    assert TeamMember.objects.of(acme).get().membership == membership
    assert Event.objects.of_action(Action.MEMBER_INVITE_ACCEPT).count() == 1
    with pytest.raises(InvitationOver):
        invitations.accept(invitation=invitations.find(token()), by=Actor(membership.user))


def test_somebody_else_with_the_link_does_not_join(acme: Organization, charlie: User) -> None:
    invited(acme)
    answer = signed_in(charlie).post(path())
    assert answer.status_code == 200
    assert DORA in answer.content.decode()
    with pytest.raises(NotInvited):
        invitations.accept(invitation=invitations.find(token()), by=Actor(charlie))
    assert Invitation.objects.open_of(acme).count() == 1


def test_an_address_that_was_only_claimed_is_no_proof(acme: Organization, charlie: User) -> None:
    charlie.emailaddress_set.create(email=DORA, verified=False)
    invited(acme)
    with pytest.raises(NotInvited):
        invitations.accept(invitation=invitations.find(token()), by=Actor(charlie))


def test_a_second_address_of_theirs_is_good(acme: Organization, bob: User) -> None:
    bob.emailaddress_set.create(email=DORA, verified=True)
    invited(acme)
    assert invitations.accept(invitation=invitations.find(token()), by=Actor(bob)).user == bob


def test_one_for_anybody_is_for_anybody_once(acme: Organization, bob: User, charlie: User) -> None:
    invited(acme, for_anybody=True)
    assert invitations.accept(invitation=invitations.find(token()), by=Actor(bob)).user == bob
    with pytest.raises(InvitationOver):
        invitations.accept(invitation=invitations.find(token()), by=Actor(charlie))


STRANGER = "sam@example.net"


def test_a_link_for_anybody_proves_nobodys_mailbox(acme: Organization) -> None:
    """It may have been handed on: what it was mailed to is no address of whoever brings it."""
    invited(acme, for_anybody=True)
    link = path()
    Client().post(link, {"new_password": PASSWORD, "name": "Sam"})
    assert not User.objects.filter(email=DORA).exists()
    with pytest.raises(InvitationOver):
        invitations.accept_as_new(token=token(), password=PASSWORD, name="Sam", by=Actor(None))


def test_without_an_account_it_asks_the_mailbox_of_whoever_brings_it(acme: Organization) -> None:
    invited(acme, for_anybody=True)
    link, client = path(), Client()
    page = client.get(link).text
    assert 'name="email"' in page
    assert f'value="{DORA}"' not in page
    assert STRANGER in client.post(link, {"email": STRANGER}).text
    assert not User.objects.filter(email=STRANGER).exists()
    assert client.get(link).status_code == 410
    answer = client.post(path(STRANGER), {"new_password": PASSWORD, "name": "Sam"})
    assert answer.url == "/orgs/acme/"
    user = User.objects.get(email=STRANGER)
    assert user.has_verified_email
    assert Membership.objects.of(acme).filter(user=user).exists()
    assert not User.objects.filter(email=DORA).exists()


def test_with_an_account_it_leads_to_the_sign_in_and_back(acme: Organization, bob: User) -> None:
    invited(acme, for_anybody=True)
    assert f"/account/login/?next={quote(path(), safe='')}" in Client().get(path()).text
    assert signed_in(bob).post(path()).url == "/orgs/acme/"


def test_it_tells_nobody_who_has_an_account_or_an_invitation(acme: Organization, bob: User) -> None:
    pages = set()
    for email in (bob.email, "busy@example.org", STRANGER):
        Invitation.objects.of(acme).update(withdrawn_at=timezone.now())
        invited(acme, "busy@example.org", role=BuiltIn.ADMIN)
        invited(acme, for_anybody=True)
        answer = Client().post(path(), {"email": email})
        text = re.sub(r'nonce="[^"]*"|value="[^"]*"', "", answer.text.replace(path(), ""))
        pages.add(text.replace(email, "").replace(answer.headers["X-Request-Id"], ""))
    assert len(pages) == 1


def test_an_invitation_that_is_there_is_not_replaced_by_it(acme: Organization) -> None:
    better = invited(acme, "busy@example.org", role=BuiltIn.ADMIN)
    invited(acme, for_anybody=True)
    Client().post(path(), {"email": "busy@example.org"})
    assert Invitation.objects.open_of(acme).filter(pk=better.pk, role=BuiltIn.ADMIN).exists()


def test_a_link_for_one_mailbox_is_not_turned_to_another(acme: Organization) -> None:
    invited(acme)
    with pytest.raises(InvitationOver):
        invitations.claim(token=token(), email=STRANGER, by=Actor(None))


def test_domains_hold_for_the_mailbox_that_is_named(acme: Organization) -> None:
    Policy.objects.of(acme).update(domains=["example.org"])
    invited(acme, for_anybody=True)
    assert Client().post(path(), {"email": STRANGER}).status_code == 409
    assert not mails(recipient=STRANGER).exists()


@pytest.mark.parametrize(
    ("registration", "trusted", "asks"),
    [
        ("open", False, True),
        ("invitation", True, True),
        ("invitation", False, False),
        ("closed", True, False),
    ],
)
def test_it_asks_for_one_only_where_the_site_opens_accounts(
    acme: Organization, settings: Any, registration: str, trusted: bool, asks: bool
) -> None:
    settings.REGISTRATION = registration
    organizations.vouch(organization=acme, is_trusted=trusted, by=SHELL)
    invited(acme, for_anybody=True)
    page = Client().get(path()).text
    assert ('name="email"' in page, "/account/login/" in page) == (asks, True)
    Client().post(path(), {"email": STRANGER})
    assert mails(recipient=STRANGER).exists() is asks


def test_strangers_mailboxes_get_only_so_many_by_links(acme: Organization) -> None:
    answers = []
    for _ in range(6):
        invited(acme, for_anybody=True)
        answers.append(Client().post(path(), {"email": STRANGER}).status_code)
        Invitation.objects.of(acme).update(withdrawn_at=timezone.now())
    assert answers == [200] * 5 + [429]


def test_without_an_account_the_link_makes_one(acme: Organization) -> None:
    invited(acme)
    client = Client()
    assert client.get(path()).status_code == 200
    answer = client.post(path(), {"new_password": PASSWORD, "name": "Dora"})
    assert (answer.status_code, answer.url) == (302, "/orgs/acme/")
    assert client.get("/account/").status_code == 200
    user = User.objects.get(email=DORA)
    assert user.has_verified_email
    assert Membership.objects.of(acme).filter(user=user).exists()


@pytest.mark.parametrize(
    ("registration", "trusted", "opens"),
    [
        ("open", True, True),
        ("open", False, True),
        ("invitation", True, True),
        ("invitation", False, False),
        ("domains", True, True),
        ("domains", False, False),
        ("closed", True, False),
        ("closed", False, False),
    ],
)
def test_an_account_comes_of_it_only_where_the_site_allows(
    acme: Organization, settings: Any, registration: str, trusted: bool, opens: bool
) -> None:
    settings.REGISTRATION = registration
    organizations.vouch(organization=acme, is_trusted=trusted, by=SHELL)
    invited(acme)
    Client().post(path(), {"new_password": PASSWORD, "name": "Dora"})
    assert User.objects.filter(email=DORA).exists() is opens


def test_a_weak_password_uses_nothing_up(acme: Organization) -> None:
    invited(acme)
    assert Client().post(path(), {"new_password": "password1234", "name": ""}).status_code == 200
    assert Invitation.objects.open_of(acme).count() == 1


def test_sent_again_only_the_newer_link_works(acme: Organization, by_alice: Actor) -> None:
    invitation = invited(acme)
    older = token()
    invitations.resend(invitation=invitation, by=by_alice)
    dora = person("dora")
    with pytest.raises(InvitationOver):
        invitations.accept(invitation=invitations.find(older), by=Actor(dora))
    assert invitations.accept(invitation=invitations.find(token()), by=Actor(dora)).user == dora


def test_a_second_invitation_ends_the_first(acme: Organization) -> None:
    invited(acme)
    older = token()
    invited(acme)
    with pytest.raises(InvitationOver):
        invitations.accept(invitation=invitations.find(older), by=Actor(person("dora")))


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ({"used_at": timezone.now()}, "used already"),
        ({"withdrawn_at": timezone.now()}, "withdrawn"),
        ({"expires_at": timezone.now() - timedelta(minutes=1)}, "three days"),
    ],
)
def test_one_that_is_over_says_which(acme: Organization, end: dict[str, Any], said: str) -> None:
    invitation = invited(acme)
    Invitation.objects.of(acme).filter(pk=invitation.pk).update(**end)
    for client in (Client(), signed_in(person("dora"))):
        answer = client.get(path())
        assert answer.status_code == 410
        assert said in answer.content.decode()
    with pytest.raises(InvitationOver):
        invitations.accept(invitation=invitations.find(token()), by=Actor(User.objects.get(email=DORA)))


def test_one_that_never_was_says_so() -> None:
    assert Client().get(f"/orgs/invitations/{'x' * 43}/").status_code == 410


def test_a_suspended_organization_takes_nobody(acme: Organization) -> None:
    invited(acme)
    organizations.suspend(organization=acme, by=SHELL)
    with pytest.raises(Suspended):
        invitations.accept(invitation=invitations.find(token()), by=Actor(person("dora")))
    assert Client().get(path()).status_code == 410


def test_domains_hold_for_sending_and_for_joining(acme: Organization, bob: User) -> None:
    Policy.objects.of(acme).update(domains=["example.net"])
    with pytest.raises(OutsideDomains):
        invited(acme)
    invited(acme, "dora@example.net", for_anybody=True)
    with pytest.raises(OutsideDomains):
        invitations.accept(invitation=invitations.find(token("dora@example.net")), by=Actor(bob))
    assert Invitation.objects.open_of(acme).count() == 1


def test_nobody_invites_above_themselves(acme: Organization, bobs: Membership, by_alice: Actor) -> None:
    Policy.objects.of(acme).update(inviters=Policy.Inviters.MEMBERS)
    strong = roles.create(
        organization=acme, name="Strong", permissions=[Permission.POLICY_MANAGE], by=by_alice
    )
    team = teams.create(organization=acme, name="Strong ones", makes_admin=False, roles=[strong], by=by_alice)
    by = Actor(bobs.user)
    for above in ({"role": BuiltIn.OWNER}, {"role": BuiltIn.ADMIN}, {"team": team}):
        with pytest.raises(AboveYourself):
            invited(acme, by=by, **above)
    high = invited(acme, role=BuiltIn.ADMIN)
    with pytest.raises(AboveYourself):
        invitations.resend(invitation=high, by=by)
    assert invited(acme, by=by).role == BuiltIn.MEMBER


def test_a_member_is_not_invited_again(acme: Organization, bobs: Membership) -> None:
    with pytest.raises(AlreadyMember):
        invited(acme, bobs.user.email)


def test_another_address_of_a_member_tells_nothing(acme: Organization, bobs: Membership) -> None:
    bobs.user.emailaddress_set.create(email=DORA, verified=True)
    invited(acme)
    assert "already" not in mails(message="organization_invitation").get().text
    with pytest.raises(AlreadyMember):
        invitations.accept(invitation=invitations.find(token()), by=Actor(bobs.user))
    assert Invitation.objects.open_of(acme).count() == 1


def test_the_list_is_the_same_for_people_with_and_without_an_account(acme: Organization, alice: User) -> None:
    person("dora")
    invited(acme)
    invited(acme, "nobody@example.org")
    page = signed_in(alice).get("/orgs/acme/invitations/").content.decode()
    rows = [re.sub(r"\s+", " ", row) for row in re.findall(r"<li.*?</li>", page, re.DOTALL)]
    shapes = {re.sub(r"dora|nobody|[0-9a-f-]{36}", "", row) for row in rows if "@example.org" in row}
    assert len(shapes) == 1


def test_withdrawn_it_works_no_more(acme: Organization, by_alice: Actor) -> None:
    invitation = invited(acme)
    assert invitations.withdraw(invitation=invitation, by=by_alice)
    assert not invitations.withdraw(invitation=invitation, by=by_alice)
    with pytest.raises(InvitationOver):
        invitations.accept(invitation=invitations.find(token()), by=Actor(person("dora")))
    with pytest.raises(InvitationOver):
        invitations.resend(invitation=invitation, by=by_alice)


def test_the_inviter_hears_who_came(acme: Organization, by_alice: Actor, alice: User) -> None:
    invited(acme, by=by_alice)
    invitations.accept(invitation=invitations.find(token()), by=Actor(person("dora")))
    assert "Dora" in mails(message="organization_invitation_accepted", recipient=alice.email).get().text


def test_a_mailbox_gets_only_so_many(acme: Organization, alice: User) -> None:
    client = signed_in(alice)
    data = {"email": DORA, "role": "member"}
    answers = [client.post("/orgs/acme/invitations/send/", data).status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]


def test_who_was_paused_meanwhile_is_not_let_in_by_it(acme: Organization, bobs: Membership) -> None:
    Membership.objects.of(acme).filter(pk=bobs.pk).update(paused_at=timezone.now())
    invited(acme, "other@example.net", for_anybody=True)
    with pytest.raises(AlreadyMember):
        invitations.accept(invitation=invitations.find(token("other@example.net")), by=Actor(bobs.user))
    assert join(acme, person("eve")).pk


@pytest.mark.parametrize(
    "name",
    ["Your bank, see https://example.net", "www.example.net", "A\u202eB", "a" * 61, "x.example.com/win"],
)
def test_the_inviters_name_carries_no_message_to_strangers(
    acme: Organization, alice: User, by_alice: Actor, name: str
) -> None:
    alice.name = name
    alice.save()
    invited(acme, by=by_alice)
    text = mails(message="organization_invitation").get().text
    assert name not in text
    assert alice.email in text


# --- Without the mail -----------------------------------------------------------------------------------


def test_whom_it_is_for_finds_it_without_the_mail(acme: Organization) -> None:
    client = signed_in(person("dora"))
    invitation = invited(acme)
    assert "You are invited to join Acme Lamps." in client.get("/account/").content.decode()
    address = f"/orgs/join/{invitation.public_id}/"
    assert address in client.get("/orgs/").content.decode()
    assert client.get(address).status_code == 200
    assert Membership.objects.of(acme).count() == 1
    assert client.post(address).url == "/orgs/acme/"
    assert Membership.objects.of(acme).filter(user__email=DORA).exists()
    assert "You are invited" not in client.get("/account/").content.decode()


def test_nobody_else_finds_it(acme: Organization, charlie: User) -> None:
    charlie.emailaddress_set.create(email=DORA, verified=False)
    invitation = invited(acme)
    client = signed_in(charlie)
    assert "Acme" not in client.get("/orgs/").content.decode()
    for method in (client.get, client.post):
        assert method(f"/orgs/join/{invitation.public_id}/").status_code == 404


def test_nor_is_there_one_that_is_over_or_of_a_closed_organization(
    acme: Organization, by_alice: Actor
) -> None:
    dora = person("dora")
    invitation = invited(acme)
    assert invitations.waiting_for(dora).exists()
    Organization.objects.update(status="closed")
    assert not invitations.waiting_for(dora).exists()
    Organization.objects.update(status="active")
    invitations.withdraw(invitation=invitation, by=by_alice)
    assert not invitations.waiting_for(dora).exists()
