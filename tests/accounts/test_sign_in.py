"""The one pipeline, seen from the page."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Session, User
from audit.actions import Action, Outcome
from audit.models import Event
from tests.conftest import PASSWORD, sign_in
from tests.outbox import mails

pytestmark = pytest.mark.django_db


def test_it_leads_to_the_account(client: Client, alice: User) -> None:
    response = sign_in(client, alice)
    assert response["Location"] == "/account/"
    assert alice.name in client.get("/account/").text


def test_any_spelling_of_the_address_will_do(client: Client, alice: User) -> None:
    response = client.post("/account/login/", {"login": " ALICE@Example.org", "password": PASSWORD})
    assert response.status_code == 302


def test_it_leads_to_where_the_person_wanted_to_go(client: Client, alice: User) -> None:
    response = client.post(
        "/account/login/", {"login": alice.email, "password": PASSWORD, "next": "/account/logout/"}
    )
    assert response["Location"] == "/account/logout/"


@pytest.mark.parametrize(
    "away", ["https://evil.example/", "//evil.example", r"/\evil.example", "javascript:alert(1)"]
)
def test_it_never_leads_away(client: Client, alice: User, away: str) -> None:
    response = client.post("/account/login/", {"login": alice.email, "password": PASSWORD, "next": away})
    assert response["Location"] == "/account/"


def test_the_answer_is_the_same_for_a_wrong_name_and_a_wrong_password(client: Client, alice: User) -> None:
    wrong = client.post("/account/login/", {"login": alice.email, "password": "not her password"})
    unknown = client.post("/account/login/", {"login": "nobody@example.org", "password": "not her password"})
    assert wrong.status_code == unknown.status_code == 200
    assert wrong.context["form"].errors == unknown.context["form"].errors


def test_success_and_refusal_leave_evidence(client: Client, alice: User) -> None:
    sign_in(client, alice, "not her password")
    sign_in(client, alice)
    signed_in, refused = Event.objects.of_person(alice.public_id)[:2]
    assert (refused.action, refused.outcome) == (Action.SIGN_IN_REFUSE, Outcome.REFUSED)
    assert refused.actor is None
    assert (signed_in.action, signed_in.data) == (Action.SIGN_IN, {"methods": ["password"]})
    assert signed_in.personal_fields().address == "127.0.0.1"


def test_no_evidence_names_the_password(client: Client, alice: User) -> None:
    sign_in(client, alice, "not her password")
    event = Event.objects.get(action=Action.SIGN_IN_REFUSE)
    assert "not her password" not in str(event.personal_fields())


def test_an_unconfirmed_address_gets_a_fresh_link_and_no_session(client: Client, alice: User) -> None:
    EmailAddress.objects.update(verified=False)
    response = sign_in(client, alice)
    assert response["Location"] == "/account/confirm-email/"
    assert mails().get().message == "verify_email"
    assert client.get("/account/").status_code == 302


def test_a_disabled_person_is_told_and_stays_outside(client: Client, alice: User) -> None:
    User.objects.update(is_active=False)
    response = sign_in(client, alice)
    assert response["Location"] == "/account/inactive/"
    assert client.get("/account/").status_code == 302


def test_somebody_disabled_while_confirming_stays_outside(client: Client, alice: User) -> None:
    """The last stage asks again, whatever happened since the password was checked."""
    EmailAddress.objects.update(verified=False)
    sign_in(client, alice)
    User.objects.update(is_active=False)
    EmailAddress.objects.update(verified=True)
    assert sign_in(client, alice)["Location"] == "/account/inactive/"


def test_the_session_gets_a_new_key(client: Client, alice: User) -> None:
    client.get("/account/login/")
    client.session["planted"] = True
    client.session.save()
    before = client.cookies.get("session")
    sign_in(client, alice)
    assert before is None or client.cookies["session"].value != before.value


def test_an_old_hash_is_renewed(client: Client, alice: User, settings: Any) -> None:
    settings.PASSWORD_HASH_ROUNDS = 2
    sign_in(client, alice)
    alice.refresh_from_db()
    assert "$m=64,t=2,p=1$" in alice.password


def test_five_wrong_passwords_are_enough(client: Client, alice: User) -> None:
    for _ in range(5):
        assert sign_in(client, alice, "not her password").status_code == 200
    response = sign_in(client, alice)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 900
    assert "Please try again in 15 minutes." in response.text


@pytest.mark.parametrize("spelling", ["ALICE@example.org", " alice@example.org", "alice@ＥＸＡＭＰＬＥ.org"])
def test_spelling_buys_no_further_attempts(client: Client, alice: User, spelling: str) -> None:
    for _ in range(10):
        sign_in(client, alice, "not her password")
    response = client.post("/account/login/", {"login": spelling, "password": PASSWORD})
    assert response.status_code == 429


def test_the_limit_is_the_same_for_a_name_that_does_not_exist(client: Client) -> None:
    data = {"login": "nobody@example.org", "password": "not her password"}
    statuses = [client.post("/account/login/", data).status_code for _ in range(11)]
    assert statuses == [200] * 5 + [429] * 6


def test_a_lock_leaves_one_piece_of_evidence(client: Client, alice: User) -> None:
    for _ in range(8):
        sign_in(client, alice, "not her password")
    assert Event.objects.filter(action=Action.SIGN_IN_LOCK).count() == 1


def test_a_limit_leaves_one_piece_of_evidence(client: Client, db: Any) -> None:
    """One network, many names: no name is locked, but there is an end to it."""
    for number in range(63):
        data = {"login": f"name{number}@example.org", "password": "not their password"}
        client.post("/account/login/", data)
    assert Event.objects.filter(action=Action.LIMIT_REFUSE).count() == 1


def test_a_forged_forwarding_header_buys_no_further_attempts(client: Client, alice: User) -> None:
    """One trusted proxy: whatever stands left of its own entry was written by the client."""
    statuses = [
        client.post(
            "/account/login/",
            {"login": alice.email, "password": "not her password"},
            headers={"x-forwarded-for": f"198.51.100.{number}, 203.0.113.9"},
        ).status_code
        for number in range(11)
    ]
    assert statuses[-1] == 429


@pytest.mark.parametrize("visit", ["first", "from a new browser", "from a known browser"])
def test_it_costs_few_queries(
    client: Client, alice: User, visit: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    if visit != "first":
        sign_in(client, alice)
        client.post("/account/logout/")
    if visit == "from a new browser":
        client = Client()
    # One of them asks for a second factor.
    with django_assert_max_num_queries(12):
        sign_in(client, alice)


def test_the_account_page_costs_few_queries(
    as_alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(10):
        as_alice.get("/account/")


def test_without_a_token_the_form_is_refused(alice: User) -> None:
    response = Client(enforce_csrf_checks=True).post(
        "/account/login/", {"login": alice.email, "password": PASSWORD}
    )
    assert response.status_code == 403
    assert "out of date" in response.text
    assert not Session.objects.filter(user=alice).exists()


def test_somebody_signed_in_is_not_asked_again(as_alice: Client) -> None:
    assert as_alice.get("/account/login/")["Location"] == "/account/"
    assert as_alice.get("/")["Location"] == "/account/"


@pytest.mark.parametrize("headers", [{"x-requested-with": "XMLHttpRequest"}, {"accept": "application/json"}])
def test_a_page_has_no_second_face_for_programs(client: Client, alice: User, headers: dict[str, str]) -> None:
    response = client.post(
        "/account/login/", {"login": alice.email, "password": "wrong one"}, headers=headers
    )
    assert response["Content-Type"] == "text/html; charset=utf-8"


def test_one_network_closes_the_door_for_itself_only(
    client: Client, alice: User, bob: User, settings: Any
) -> None:
    """What a narrow limit refuses uses up none of the wider ones."""
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"sign-in.everyone": "25/1m", "sign-in.account": "15/1h"}
    for _ in range(40):
        sign_in(client, alice, "wrong one")
    elsewhere = Client(headers={"x-forwarded-for": "198.51.100.9"})
    assert sign_in(elsewhere, alice).status_code == 302
    assert sign_in(Client(headers={"x-forwarded-for": "198.51.100.10"}), bob).status_code == 302
