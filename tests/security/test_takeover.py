"""What a thief who was in an account for a while can prepare, and what is left of it once its owner has spoken."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from accounts.flows import desk, provision
from accounts.models import Proof, User
from audit.actions import Action
from audit.models import Event
from core.client import Facts
from mfa.models import Authenticator
from tests.conftest import PASSWORD, give_app, sign_in
from tests.desk import act
from tests.outbox import mails

pytestmark = pytest.mark.django_db
PAGE = "/account/addresses/"
THEIRS = "thief@example.net"
NEW = "another story of ten lamps"
FACTS = Facts("203.0.113.9", "Firefox on Linux", "")


def link_in(message: str, to: str) -> str:
    found = re.search(r"http://localhost(/\S+)", mails(message=message, recipient=to).latest("id").text)
    assert found
    return found[1]


def press(path: str, **fields: str) -> Any:
    """As somebody does who opens a mail in a browser of their own."""
    return Client().post(path, fields)


def add(client: Client, email: str = THEIRS) -> EmailAddress:
    client.post(f"{PAGE}add/", {"email": email})
    press(link_in("verify_added_address", email))
    return EmailAddress.objects.get(email=email, verified=True)


def make_main(client: Client, address: EmailAddress) -> None:
    assert client.post(f"{PAGE}make-main/", {"address": address.pk}).status_code == 302


def remove(client: Client, address: EmailAddress) -> None:
    assert client.post(f"{PAGE}remove/", {"address": address.pk}).status_code == 302


@pytest.fixture
def thief(as_alice: Client, alice: User) -> Client:
    """Somebody who knows Alice's password, and signs in somewhere else."""
    client = Client(headers={"user-agent": "curl/8"})
    sign_in(client, alice)
    return client


# --- The link that undoes a change ----------------------------------------------------------------------


def test_signing_up_with_the_address_that_was_left_does_not_stop_the_undo(thief: Client, alice: User) -> None:
    make_main(thief, add(thief))
    undo = link_in("address_changed", alice.email)
    remove(thief, EmailAddress.objects.get(email=alice.email))
    Client().post("/account/signup/", {"email": alice.email, "password1": PASSWORD})
    assert press(undo).status_code == 302
    assert list(EmailAddress.objects.values_list("user", "email", "verified")) == [
        (alice.pk, alice.email, True)
    ]


def test_an_address_that_a_thief_added_has_no_last_word_when_its_owner_removes_it(
    thief: Client, as_alice: Client
) -> None:
    remove(as_alice, add(thief))
    mail = mails(message="address_changed", recipient=THEIRS).get()
    assert "/account/addresses/undo/" not in mail.text
    assert not Proof.objects.filter(purpose=Proof.Purpose.UNDO_EMAIL_CHANGE).exists()


def test_nor_when_its_owner_makes_the_former_one_the_main_one_again(
    thief: Client, as_alice: Client, alice: User
) -> None:
    make_main(thief, add(thief))
    make_main(as_alice, EmailAddress.objects.get(email=alice.email))
    undos = Proof.objects.filter(purpose=Proof.Purpose.UNDO_EMAIL_CHANGE)
    assert list(undos.values_list("email", flat=True)) == [alice.email]


# --- The link that says "this was not me" -----------------------------------------------------------------


def alert_to_the_thief(thief: Client, alice: User) -> str:
    """The thief makes an address of theirs the main one, and signs in anew: now they get the alerts."""
    make_main(thief, add(thief))
    alice.refresh_from_db()
    sign_in(Client(headers={"user-agent": "wget"}), alice)
    return link_in("new_sign_in", THEIRS)


def test_an_alert_that_went_to_a_thief_is_worth_nothing_after_the_undo(thief: Client, alice: User) -> None:
    mine = alice.email
    alert = alert_to_the_thief(thief, alice)
    assert press(link_in("address_changed", mine)).status_code == 302
    assert press(alert).status_code == 410


def test_nor_after_its_owner_removed_that_address(thief: Client, as_alice: Client, alice: User) -> None:
    mine = alice.email
    alert = alert_to_the_thief(thief, alice)
    make_main(as_alice, EmailAddress.objects.get(email=mine))
    remove(as_alice, EmailAddress.objects.get(email=THEIRS))
    assert press(alert).status_code == 410
    alice.refresh_from_db()
    assert alice.locked_at is None


@pytest.mark.parametrize("after", ["nothing", "main", "removed"])
def test_after_the_owner_said_so_no_address_of_the_thief_opens_the_account(
    thief: Client, alice: User, after: str
) -> None:
    mine = alice.email
    alert = link_in("new_sign_in", mine)
    theirs = add(thief)
    if after != "nothing":
        make_main(thief, theirs)
    if after == "removed":
        remove(thief, EmailAddress.objects.get(email=mine))
    assert press(press(alert).url, new_password=NEW).url == "/account/login/"
    press("/account/password/reset/", email=THEIRS)
    assert mails(recipient=THEIRS).latest("id").message == "no_account"
    alice.refresh_from_db()
    assert alice.email == mine
    assert sign_in(Client(), alice, NEW).url == "/account/"


def test_what_the_owner_had_before_stays(as_alice: Client, alice: User) -> None:
    add(as_alice, "arden@example.net")
    thief = Client(headers={"user-agent": "curl/8"})
    sign_in(thief, alice)
    press(link_in("new_sign_in", alice.email))
    assert EmailAddress.objects.filter(user=alice, email="arden@example.net", verified=True).exists()


def test_what_a_thief_adds_before_the_alert_is_written_goes_as_well(thief: Client, alice: User) -> None:
    give_app(alice)
    press(link_in("new_sign_in", alice.email))
    assert not Authenticator.objects.filter(user=alice).exists()


def test_a_second_step_of_the_thief_goes_also_beside_one_that_was_there(alice: User, admin: User) -> None:
    """Whoever led her to a page that looks like ours had her password and her code."""
    give_app(alice)
    mine, since = Authenticator.objects.get(user=alice), timezone.now()
    give_app(alice)
    desk.compromised(user=alice, actor=admin, facts=FACTS, reason="x", since=since)
    assert list(Authenticator.objects.filter(user=alice)) == [mine]


# --- What the desk does about it ----------------------------------------------------------------------------


@pytest.mark.parametrize("after", ["nothing", "main", "removed"])
def test_after_the_desk_said_so_no_address_of_the_thief_opens_the_account(
    thief: Client, alice: User, admin: User, after: str
) -> None:
    mine, since = alice.email, timezone.now()
    theirs = add(thief)
    if after != "nothing":
        make_main(thief, theirs)
    if after == "removed":
        remove(thief, EmailAddress.objects.get(email=mine))
    assert desk.compromised(user=alice, actor=admin, facts=FACTS, reason="x", since=since) == mine
    assert not mails(recipient=THEIRS, message__in=["account_secured", "reset_password"]).exists()
    press("/account/password/reset/", email=THEIRS)
    assert mails(recipient=THEIRS).latest("id").message == "no_account"
    assert press(link_in("reset_password", mine), new_password=NEW).url == "/account/login/"
    assert sign_in(Client(), alice, NEW).url == "/account/"
    event = Event.objects.get(action=Action.PERSON_COMPROMISE)
    assert event.changes == (["email"] if after != "nothing" else [])


def test_the_desk_takes_no_address_that_is_somebody_elses_by_now(
    thief: Client, alice: User, admin: User
) -> None:
    second, since = add(thief, "arden@example.net"), timezone.now()
    mine = alice.email
    make_main(thief, add(thief))
    remove(thief, EmailAddress.objects.get(email=mine))
    provision.create_person(email=mine)
    assert desk.compromised(user=alice, actor=admin, facts=FACTS, reason="x", since=since) == second.email
    assert list(EmailAddress.objects.filter(user=alice).values_list("email", flat=True)) == [second.email]


def test_without_a_day_the_desk_is_told_to_whom_the_link_goes(
    thief: Client, alice: User, as_admin: Client
) -> None:
    make_main(thief, add(thief))
    assert f"goes to {THEIRS}" in act(as_admin, alice, "compromised").text


# --- Mail that is on its way --------------------------------------------------------------------------------


def test_an_address_asked_for_before_all_access_ended_gets_no_link(thief: Client, alice: User) -> None:
    """The worker was away: it answers only after the owner has changed the password."""
    alert = link_in("new_sign_in", alice.email)
    thief.post(f"{PAGE}add/", {"email": THEIRS})
    press(alert)
    assert not mails(recipient=THEIRS).exists()
    assert not Proof.objects.filter(email=THEIRS).exists()


def test_the_owner_is_told_of_every_address_that_is_confirmed(thief: Client, alice: User) -> None:
    add(thief)
    mail = mails(message="address_added").get()
    assert mail.recipient == alice.email
    assert THEIRS in mail.text


def test_unexpired_email_change(thief: Client, alice: User) -> None:
    """The fifth class of account pre-hijacking: a change that was begun before its victim came back is over with it."""
    thief.post("/account/addresses/add/", {"email": "later@thief.example"})
    waiting = link_in("verify_added_address", "later@thief.example")
    Client().post("/account/password/reset/", {"email": alice.email})
    assert press(link_in("reset_password", alice.email), new_password=NEW).status_code == 302
    assert press(waiting).status_code == 410
    assert sign_in(Client(), alice, NEW).url == "/account/"
    assert not EmailAddress.objects.filter(email="later@thief.example", verified=True).exists()


def test_a_report_that_can_no_longer_be_acted_upon_says_why(
    thief: Client, as_alice: Client, alice: User
) -> None:
    report = link_in("new_sign_in", alice.email)
    make_main(as_alice, add(as_alice, "arden@example.net"))
    remove(as_alice, EmailAddress.objects.get(email="alice@example.org"))
    somebody = User.objects.create_user("alice@example.org", PASSWORD)
    EmailAddress.objects.create(user=somebody, email=somebody.email, verified=True, primary=True)
    answer = press(report)
    assert "belongs to another account" in answer.text
    assert "lock my account" not in answer.text
