"""A session in another network and another browser at once has to prove itself."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Session, User
from audit.actions import Action
from audit.models import Event
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEWER_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
HOME, AWAY = "203.0.113.9", "198.51.100.7"
ASKED = "/account/reauthenticate/"


def place(agent: str, address: str) -> dict[str, str]:
    return {"user-agent": agent, "x-forwarded-for": address}


@pytest.fixture
def cookie(client: Client, alice: User) -> Client:
    """The session of Alice, begun with Firefox at home."""
    data = {"login": alice.email, "password": PASSWORD}
    client.post("/account/login/", data, headers=place(FIREFOX, HOME))
    return client


@pytest.mark.parametrize(
    ("agent", "address"), [(FIREFOX, HOME), (NEWER_FIREFOX, AWAY), (CHROME, HOME), (NEWER_FIREFOX, HOME)]
)
def test_one_of_both_is_ordinary(cookie: Client, agent: str, address: str) -> None:
    assert cookie.get("/account/", headers=place(agent, address)).status_code == 200


def test_both_is_asked_who_it_is(cookie: Client) -> None:
    answer = cookie.get("/account/sessions/?a=1", headers=place(CHROME, AWAY))
    assert answer.url == f"{ASKED}?next=%2Faccount%2Fsessions%2F%3Fa%3D1"


def test_nothing_it_posts_is_done(cookie: Client, alice: User) -> None:
    answer = cookie.post("/account/profile/", {"name": "Mallory"}, headers=place(CHROME, AWAY))
    assert answer.url == f"{ASKED}?next=%2Faccount%2F"
    alice.refresh_from_db()
    assert alice.name == "Alice Arden"


def test_a_program_is_told_so(cookie: Client) -> None:
    headers = {**place(CHROME, AWAY), "accept": "application/json"}
    answer = cookie.get("/account/", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "reauthentication_required")


def test_it_leaves_one_piece_of_evidence_for_each_place(cookie: Client, alice: User) -> None:
    for address in (AWAY, AWAY, "192.0.2.1"):
        cookie.get("/account/", headers=place(CHROME, address))
    events = Event.objects.filter(action=Action.SESSION_MOVE, person=alice.public_id)
    assert [event.personal_fields().after["address"] for event in events] == ["192.0.2.1", AWAY]


def test_the_owner_proves_it_and_goes_on_there(cookie: Client) -> None:
    there = place(CHROME, AWAY)
    assert cookie.get(ASKED, headers=there).status_code == 200
    answer = cookie.post(ASKED, {"current_password": PASSWORD, "next": "/account/sessions/"}, headers=there)
    assert answer.url == "/account/sessions/"
    assert cookie.get("/account/", headers=there).status_code == 200
    assert Session.objects.get(user__isnull=False).address == AWAY


def test_a_thief_without_the_password_stays_out(cookie: Client) -> None:
    there = place(CHROME, AWAY)
    cookie.post(ASKED, {"current_password": "a guess of the thief"}, headers=there)
    assert cookie.get("/account/", headers=there).status_code == 302
    assert cookie.get("/account/", headers=place(FIREFOX, HOME)).status_code == 200


def test_one_may_always_sign_out(cookie: Client, alice: User) -> None:
    cookie.post("/account/logout/", headers=place(CHROME, AWAY))
    assert not Session.objects.filter(user=alice).exists()


def test_a_visitor_without_a_session_is_not_concerned(client: Client, db: Any) -> None:
    client.get("/account/login/", headers=place(FIREFOX, HOME))
    assert client.get("/account/login/", headers=place(CHROME, AWAY)).status_code == 200
