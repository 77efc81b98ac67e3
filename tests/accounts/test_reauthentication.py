"""Before a sensitive change the person proves once more who they are; a short while later, again."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from accounts.models import Session, User
from accounts.sign_in.reauthentication import fresh_sign_in_required
from audit.actions import Action
from audit.models import Event
from identity import urls as site
from tests.conftest import PASSWORD, forget_when

PAGE = "/account/reauthenticate/"


@fresh_sign_in_required()
def sensitive_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("let through")


@fresh_sign_in_required(back_to="accounts:sessions")
def sensitive_button(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


urlpatterns = [
    path("sensitive/", sensitive_page),
    path("press/", sensitive_button),
    path("", include(site)),
]


@pytest.fixture(autouse=True)
def _with_sensitive_pages(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def stale(as_alice: Client, settings: Any) -> Client:
    """Signed in a while ago: a proof of then is not enough any more."""
    forget_when(as_alice, settings.REAUTHENTICATION_TIMEOUT.total_seconds() + 1)
    return as_alice


def test_a_sign_in_just_now_is_proof_enough(as_alice: Client) -> None:
    assert as_alice.get("/sensitive/").content == b"let through"


def test_a_sign_in_of_long_ago_is_not(stale: Client) -> None:
    assert stale.get("/sensitive/?a=1").url == f"{PAGE}?next=%2Fsensitive%2F%3Fa%3D1"


def test_a_program_is_told_so(stale: Client) -> None:
    answer = stale.post("/press/", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "reauthentication_required")


def test_a_button_leads_back_to_the_page_it_stands_on(stale: Client) -> None:
    assert stale.post("/press/").url == f"{PAGE}?next=%2Faccount%2Fsessions%2F"


def test_whoever_pressed_a_button_is_told_to_press_it_once_more(stale: Client) -> None:
    asked = stale.post("/press/")
    landed = stale.post(asked.url, {"current_password": PASSWORD}, follow=True)
    assert "please press the button once more" in landed.text


def test_whoever_opened_a_page_has_nothing_to_press(stale: Client) -> None:
    stale.post("/press/")
    asked = stale.get("/sensitive/")
    stale.post(asked.url, {"current_password": PASSWORD})
    assert "press the button" not in stale.get("/account/").text


@pytest.mark.parametrize("is_stale", [True, False])
def test_a_page_with_such_a_form_asks_before_it_is_filled_in(request: Any, is_stale: bool) -> None:
    client = request.getfixturevalue("stale" if is_stale else "as_alice")
    assert (f"{PAGE}?next=%2Faccount%2Faddresses%2F" in client.get("/account/addresses/").text) is is_stale


def test_a_form_sent_after_the_session_has_ended_is_known_to_be_lost(as_alice: Client) -> None:
    Session.objects.all().delete()
    form = {"name": "Alice", "language": "", "time_zone": ""}
    answer = as_alice.post("/account/profile/", form, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/account/login/")
    assert "nothing was saved" in answer.text


def test_a_page_opened_then_is_no_loss(as_alice: Client) -> None:
    Session.objects.all().delete()
    assert "nothing was saved" not in as_alice.get("/account/profile/", follow=True).text


def test_a_form_from_before_another_sign_in_leads_back_to_its_page(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(
        "/account/login/", {}, headers={"referer": "http://testserver/account/login/?next=/orgs/"}
    )
    assert answer.status_code == 403
    assert 'href="/account/login/?next=/orgs/"' in answer.text
    abroad = client.post("/account/login/", {}, headers={"referer": "http://evil.example/account/login/"})
    assert "evil.example" not in abroad.text


def test_the_password_opens_the_way(stale: Client, alice: User) -> None:
    answer = stale.post(PAGE, {"current_password": PASSWORD, "next": "/sensitive/"})
    assert answer.url == "/sensitive/"
    assert stale.get("/sensitive/").content == b"let through"
    assert Event.objects.of_person(alice.public_id).first().action == Action.REAUTHENTICATE


def test_a_wrong_password_opens_nothing(stale: Client, alice: User) -> None:
    answer = stale.post(PAGE, {"current_password": "not hers at all", "next": "/sensitive/"})
    assert "This is not your current password." in answer.content.decode()
    assert stale.get("/sensitive/").status_code == 302
    assert Event.objects.of_person(alice.public_id).first().action == Action.SIGN_IN_REFUSE


def test_somebody_elses_password_opens_nothing(stale: Client, bob: User) -> None:
    bob.set_password("a password that is only of bob")
    bob.save()
    stale.post(PAGE, {"current_password": "a password that is only of bob"})
    assert stale.get("/sensitive/").status_code == 302


def test_it_leads_nowhere_outside(stale: Client) -> None:
    answer = stale.post(PAGE, {"current_password": PASSWORD, "next": "https://evil.example/"})
    assert answer.url == "/account/"


def test_the_session_gets_a_new_key_and_keeps_its_age(stale: Client, alice: User) -> None:
    before = Session.objects.get(user=alice)
    stale.post(PAGE, {"current_password": PASSWORD})
    after = Session.objects.get(user=alice)
    assert after.pk != before.pk
    assert after.created_at == before.created_at


def test_guessing_here_is_limited_as_at_the_front_door(stale: Client) -> None:
    answers = [stale.post(PAGE, {"current_password": f"guess {n}"}).status_code for n in range(12)]
    assert answers[-1] == 429
    assert stale.post(PAGE, {"current_password": PASSWORD}).status_code == 429


def test_it_is_for_signed_in_people_only(client: Client, db: Any) -> None:
    assert client.get(PAGE).url.startswith("/account/login/")
