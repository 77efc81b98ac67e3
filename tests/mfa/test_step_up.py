"""Showing the factor once more, for whoever is in."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import User
from audit.actions import Action, Outcome
from audit.models import Event
from tests.api import Program
from tests.conftest import PASSWORD, forget_when
from tests.mfa.conftest import ADD, PROVE, Phone, give_phone, session_digest
from tokens.models import ApiKey, Family

pytestmark = pytest.mark.django_db
REAUTHENTICATE = "/account/reauthenticate/"


@pytest.fixture
def stale(inside: Client, settings: Any) -> Client:
    forget_when(inside, settings.REAUTHENTICATION_TIMEOUT.total_seconds() + 1)
    return inside


def test_the_code_opens_the_way(stale: Client, phone: Phone) -> None:
    before = session_digest(stale)
    assert stale.post(PROVE, {"code": phone.code(), "next": ADD})["Location"] == ADD
    assert stale.get(ADD).status_code == 200
    assert session_digest(stale) != before
    event = Event.objects.get(action=Action.REAUTHENTICATE)
    assert event.data == {"method": "totp"}


def test_a_recovery_code_does_so_too(stale: Client, saved: list[str]) -> None:
    page = stale.get(f"{PROVE}?next={ADD}").text
    assert f"{PROVE}?next=%2Faccount%2Fmfa%2Fapp%2Fadd%2F&amp;with=recovery" in page
    assert stale.post(PROVE, {"code": saved[0], "with": "recovery", "next": ADD})["Location"] == ADD


def test_a_wrong_one_opens_nothing_and_is_counted(stale: Client, phone: Phone) -> None:
    assert "not right" in stale.post(PROVE, {"code": phone.wrong(), "next": ADD}).text
    assert stale.get(ADD).status_code == 302
    event = Event.objects.get(action=Action.SECOND_FACTOR_REFUSE)
    assert (event.outcome, event.actor) == (Outcome.REFUSED, phone.user.public_id)


def test_the_code_of_the_sign_in_does_not_open_it_again(halfway: Client, phone: Phone) -> None:
    code = phone.code()
    halfway.post("/account/mfa/", {"code": code})
    forget_when(halfway, 601)
    halfway.post(PROVE, {"code": code})
    assert halfway.get(ADD).status_code == 302


def test_somebody_elses_code_opens_nothing(stale: Client, charlie: User) -> None:
    stale.post(PROVE, {"code": give_phone(charlie).code()})
    assert stale.get(ADD).status_code == 302


def test_it_leads_nowhere_outside(stale: Client, phone: Phone) -> None:
    assert (
        stale.post(PROVE, {"code": phone.code(), "next": "https://evil.example/"})["Location"] == "/account/"
    )


def test_it_is_a_way_for_every_other_sensitive_change_too(stale: Client, phone: Phone) -> None:
    page = stale.get(f"{REAUTHENTICATE}?next=/account/addresses/").text
    assert "Confirm with your second step" in page
    assert f"{PROVE}?next=%2Faccount%2Faddresses%2F" in page
    stale.post(PROVE, {"code": phone.code()})
    assert "reauthenticate" not in stale.post("/account/addresses/make-main/", {"address": "0"}).get(
        "Location", ""
    )


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/account/addresses/add/", {"email": "thief@example.net"}),
        ("/account/keys/new/", {"name": "Of the thief", "scopes": ["profile.read"], "days": "30"}),
    ],
)
def test_the_password_alone_opens_no_sensitive_change_to_whoever_has_one(
    stale: Client, path: str, form: dict[str, Any]
) -> None:
    stale.post(REAUTHENTICATE, {"current_password": PASSWORD})
    assert stale.post(path, form).url.startswith(PROVE)
    assert not EmailAddress.objects.filter(email="thief@example.net").exists()
    assert not ApiKey.objects.exists()


def test_nor_does_it_for_a_program(phone: Phone) -> None:
    program = Program()
    program.sign_in(phone.user)
    state = Family.objects.get().state
    for record in state["account_authentication_methods"]:
        record["at"] -= 3600
    Family.objects.update(state=state)
    assert program.post("reauthenticate", {"method": "password", "password": PASSWORD}).status_code == 422
    answer = program.post("me/emails", {"email": "thief@example.net"})
    assert (answer.status_code, answer.json()["code"]) == (401, "reauthentication_required")


def test_somebody_without_a_password_can_use_it(stale: Client, alice: User) -> None:
    alice.set_unusable_password()
    User.objects.filter(pk=alice.pk).update(password=alice.password)
    session = stale.session
    session["_auth_user_hash"] = alice.get_session_auth_hash()
    session.save()
    page = stale.get(REAUTHENTICATE).text
    assert 'name="current_password"' not in page
    assert "Confirm with your second step" in page


def test_who_has_none_is_asked_for_the_password(as_alice: Client) -> None:
    assert (
        as_alice.get(f"{PROVE}?next={ADD}")["Location"]
        == f"{REAUTHENTICATE}?next=%2Faccount%2Fmfa%2Fapp%2Fadd%2F"
    )
    assert "second step" not in as_alice.get(REAUTHENTICATE).text


def test_for_them_the_password_opens_the_way_to_the_first(as_alice: Client) -> None:
    forget_when(as_alice, 601)
    assert as_alice.get(ADD)["Location"].startswith(REAUTHENTICATE)
    as_alice.post(REAUTHENTICATE, {"current_password": PASSWORD})
    assert as_alice.get(ADD).status_code == 200


def test_a_session_that_moved_may_use_it(inside: Client, phone: Phone) -> None:
    moved = {
        "x-forwarded-for": "198.51.100.7",
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    }
    assert inside.get("/account/", headers=moved)["Location"].startswith(REAUTHENTICATE)
    assert inside.get(PROVE, headers=moved).status_code == 200
    assert inside.post(PROVE, {"code": phone.code()}, headers=moved)["Location"] == "/account/"
    assert inside.get("/account/", headers=moved).status_code == 200
