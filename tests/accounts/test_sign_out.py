import pytest
from django.test import Client

from accounts.models import Session, User
from audit.actions import Action
from audit.models import Event

pytestmark = pytest.mark.django_db


def test_it_ends_the_session(as_alice: Client, alice: User) -> None:
    response = as_alice.post("/account/logout/")
    assert response["Location"] == "/account/signed-out/"
    assert not Session.objects.filter(user=alice).exists()
    assert as_alice.get("/account/").status_code == 302


def test_the_old_cookie_opens_nothing(as_alice: Client) -> None:
    key = as_alice.cookies["session"].value
    as_alice.post("/account/logout/")
    thief = Client()
    thief.cookies["session"] = key
    assert thief.get("/account/").status_code == 302


def test_it_clears_what_the_browser_kept(as_alice: Client) -> None:
    assert as_alice.post("/account/logout/")["Clear-Site-Data"] == '"cache", "storage"'


def test_it_leaves_evidence(as_alice: Client, alice: User) -> None:
    as_alice.post("/account/logout/")
    assert Event.objects.of_person(alice.public_id)[0].action == Action.SIGN_OUT


def test_opening_the_page_does_not_sign_out(as_alice: Client) -> None:
    assert as_alice.get("/account/logout/").status_code == 200
    assert as_alice.get("/account/").status_code == 200


def test_a_second_press_does_no_harm(as_alice: Client) -> None:
    as_alice.post("/account/logout/")
    assert as_alice.post("/account/logout/").status_code == 302
