"""A sign-in from a browser we do not know is told to the owner, who can say that it was not them."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import Proof, Session, User
from audit.actions import Action
from audit.models import Event
from tests.conftest import PASSWORD, sign_in
from tests.outbox import mails

pytestmark = pytest.mark.django_db
NEW = "another story of ten lamps"


def told() -> int:
    return mails(message="new_sign_in").count()


def link() -> str:
    found = re.search(r"http://localhost(/\S+)", mails(message="new_sign_in").latest("id").text)
    assert found
    return found[1]


@pytest.fixture
def intruder(as_alice: Client, alice: User) -> Client:
    """Somebody who knows the password of Alice, and signs in somewhere else."""
    client = Client(headers={"user-agent": "curl/8"})
    sign_in(client, alice)
    return client


def test_the_first_sign_in_of_all_is_no_news(as_alice: Client) -> None:
    assert told() == 0


def test_a_known_browser_is_no_news(as_alice: Client, alice: User) -> None:
    as_alice.post("/account/logout/")
    sign_in(as_alice, alice)
    assert told() == 0


def test_a_new_browser_is(intruder: Client, alice: User) -> None:
    mail = mails(message="new_sign_in").get()
    assert mail.recipient == alice.email
    assert "curl" in mail.text
    assert "127.0.0.1" in mail.text


def test_two_people_at_one_browser_are_both_known_there(as_alice: Client, alice: User, bob: User) -> None:
    as_alice.post("/account/logout/")
    sign_in(as_alice, bob)
    as_alice.post("/account/logout/")
    sign_in(as_alice, alice)
    assert told() == 0


def test_a_scanner_that_opens_the_link_ends_nothing(intruder: Client, alice: User) -> None:
    for _ in range(3):
        assert "lock my account" in Client().get(link()).text
    assert intruder.get("/account/").status_code == 200


def test_saying_so_ends_everything_and_begins_recovery(intruder: Client, alice: User) -> None:
    owner = Client()
    recovery = owner.post(link()).url
    assert not Session.objects.filter(user=alice).exists()
    assert intruder.get("/account/").status_code == 302
    assert sign_in(Client(), alice).url == "/account/locked/"
    assert owner.post(recovery, {"new_password": NEW}).status_code == 302
    assert sign_in(Client(), alice, NEW).url == "/account/"
    actions = Event.objects.of_person(alice.public_id).values_list("action", flat=True)
    assert {Action.SIGN_IN_DISOWN, Action.ACCESS_REVOKE, Action.PASSWORD_RESET} <= set(actions)


def test_the_intruder_cannot_end_the_link(intruder: Client, alice: User) -> None:
    path = link()
    new = "a password of the intruder"
    intruder.post("/account/password/change/", {"current_password": PASSWORD, "new_password": new})
    assert Client().post(path).status_code == 302
    assert intruder.get("/account/").status_code == 302


def test_it_works_once(intruder: Client) -> None:
    path = link()
    assert Client().post(path).status_code == 302
    again = Client().post(path)
    assert again.status_code == 410
    assert "used already" in again.text


@pytest.mark.parametrize("page", ["addresses/undo", "unlock", "confirm-email", "password/reset"])
def test_it_is_good_for_nothing_else(intruder: Client, page: str) -> None:
    token = link().split("/")[-2]
    assert Client().get(f"/account/{page}/{token}/").status_code == 410
    assert Client().post(f"/account/{page}/{token}/", {"new_password": NEW}).status_code == 410
    assert Proof.objects.get(purpose=Proof.Purpose.DISOWN_SIGN_IN).is_open


def test_a_locked_account_stays_shut_for_the_page_of_the_lock_too(client: Client, alice: User) -> None:
    assert "locked" in client.get("/account/locked/").text
    assert client.get("/account/").status_code == 302


@pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 44])
def test_a_made_up_link_is_no_link(client: Client, db: Any, token: str) -> None:
    assert client.get(f"/account/not-me/{token}/").status_code in (404, 410)
