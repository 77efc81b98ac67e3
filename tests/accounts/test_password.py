"""A new password, by mail or in exchange for the old one."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Proof, Session, User
from audit.actions import Action
from audit.models import Event
from core.models import OutboxMessage
from tests.conftest import PASSWORD, be, sign_in
from tests.outbox import mails

pytestmark = pytest.mark.django_db
NEW = "another story of ten lamps"
ASK, CODE, CHANGE = "/account/password/reset/", "/account/password/reset/code/", "/account/password/change/"


def ask(client: Client, email: str) -> Any:
    return client.post(ASK, {"email": email})


def mailed(message: str = "reset_password") -> OutboxMessage:
    return mails(message=message).latest("id")


def link() -> str:
    found = re.search(r"http://localhost(/account/password/reset/\S+)", mailed().text)
    assert found
    return found[1]


def code() -> str:
    found = re.search(r"^([B-Z]{4}-[B-Z]{4})$", mailed().text, re.MULTILINE)
    assert found
    return found[1]


# --- Forgotten ----------------------------------------------------------------------------------------


def test_the_link_leads_to_a_new_password(client: Client, alice: User) -> None:
    ask(client, alice.email)
    assert alice.email in Client().get(link()).text
    assert Client().post(link(), {"new_password": NEW})["Location"] == "/account/login/"
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def test_so_does_the_code(client: Client, alice: User) -> None:
    ask(client, alice.email)
    assert client.post(CODE, {"code": code().lower(), "new_password": NEW})["Location"] == "/account/login/"
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def test_it_signs_nobody_in(client: Client, alice: User) -> None:
    ask(client, alice.email)
    client.post(link(), {"new_password": NEW})
    assert client.get("/account/").status_code == 302
    assert not Session.objects.filter(user=alice).exists()


def test_it_ends_every_session(as_alice: Client, alice: User) -> None:
    ask(Client(), alice.email)
    Client().post(link(), {"new_password": NEW})
    assert as_alice.get("/account/").status_code == 302


def test_it_tells_the_owner_and_leaves_evidence(client: Client, alice: User) -> None:
    ask(client, alice.email)
    client.post(link(), {"new_password": NEW})
    assert mailed("password_changed").recipient == alice.email
    assert "127.0.0.1" in mailed("password_changed").text
    actions = set(Event.objects.of_person(alice.public_id).values_list("action", flat=True))
    assert {Action.PASSWORD_RESET_ASK, Action.PASSWORD_RESET, Action.ACCESS_REVOKE} <= actions


def test_opening_the_link_changes_nothing(client: Client, alice: User) -> None:
    ask(client, alice.email)
    for _ in range(3):
        assert Client().get(link()).status_code == 200
    assert Proof.objects.get().is_open


@pytest.mark.parametrize("bad", ["", "short", "password1234", "x" * 257])
def test_a_bad_password_is_explained_and_spends_nothing(client: Client, alice: User, bad: str) -> None:
    ask(client, alice.email)
    assert client.post(link(), {"new_password": bad}).status_code == 200
    assert client.post(CODE, {"code": code(), "new_password": bad}).status_code == 200
    assert Proof.objects.get().is_open


@pytest.mark.parametrize("end", ["used", "superseded", "expired", "password changed"])
def test_a_link_that_is_over_says_why_and_offers_a_new_one(client: Client, alice: User, end: str) -> None:
    ask(client, alice.email)
    path, typed = link(), code()
    if end == "used":
        client.post(path, {"new_password": NEW})
    elif end == "superseded":
        ask(client, alice.email)
        mails()
    elif end == "expired":
        Proof.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    else:
        browser = Client()
        sign_in(browser, alice)
        browser.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW})
    for response in (client.get(path), client.post(path, {"new_password": "a third story of lamps"})):
        assert response.status_code == 410
        assert "Send me a new mail" in response.text
    ask_again = client.post(CODE, {"code": typed, "new_password": "a third story of lamps"})
    assert ask_again.status_code in (200, 302)
    alice.refresh_from_db()
    assert not alice.check_password("a third story of lamps")


def test_the_link_lives_half_an_hour(client: Client, alice: User) -> None:
    ask(client, alice.email)
    mails()
    left = Proof.objects.get().expires_at - timezone.now()
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)


def test_an_unknown_address_gets_the_same_page_and_a_helpful_mail(client: Client, alice: User) -> None:
    known, unknown = ask(client, alice.email), ask(client, "nobody@example.org")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert mailed("no_account").recipient == "nobody@example.org"
    wrong = client.post(CODE, {"code": "BBBB-BBBB", "new_password": NEW})
    assert "not right" in wrong.text


def test_a_code_works_only_where_it_was_asked_for(client: Client, alice: User) -> None:
    ask(client, alice.email)
    assert Client().post(CODE, {"code": code(), "new_password": NEW})["Location"] == ASK
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_code_for_one_person_is_no_use_for_another(client: Client, alice: User, bob: User) -> None:
    ask(client, alice.email)
    typed = code()
    ask(client, bob.email)
    client.post(CODE, {"code": typed, "new_password": NEW})
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_five_mails_in_half_an_hour_are_enough(client: Client, alice: User) -> None:
    assert {ask(client, alice.email).status_code for _ in range(7)} == {302}
    assert mails(message="reset_password").count() == 5


def test_where_no_further_mail_is_sent_the_last_code_stays_good(client: Client, alice: User) -> None:
    for _ in range(7):
        ask(client, alice.email)
    assert client.post(CODE, {"code": code(), "new_password": NEW})["Location"] == "/account/login/"


def test_a_code_for_one_address_is_none_for_the_next(client: Client, alice: User, bob: User) -> None:
    ask(client, alice.email)
    of_alice = code()
    ask(client, bob.email)
    assert client.post(CODE, {"code": of_alice, "new_password": NEW}).status_code == 200


def test_nobody_asks_all_day(client: Client) -> None:
    statuses = [ask(client, f"p{number}@example.org").status_code for number in range(21)]
    assert statuses == [302] * 20 + [429]


def test_asking_locks_nobody_out(as_alice: Client, alice: User) -> None:
    ask(Client(), alice.email)
    assert as_alice.get("/account/").status_code == 200
    assert sign_in(Client(), alice)["Location"] == "/account/"


def test_whoever_reads_the_mailbox_has_confirmed_the_address(client: Client, alice: User) -> None:
    EmailAddress.objects.update(verified=False)
    ask(client, alice.email)
    client.post(link(), {"new_password": NEW})
    assert alice.has_verified_email
    assert sign_in(client, alice, NEW)["Location"] == "/account/"


def test_a_disabled_person_stays_outside_with_a_new_password_too(client: Client, alice: User) -> None:
    User.objects.update(is_active=False)
    ask(client, alice.email)
    client.post(link(), {"new_password": NEW})
    assert sign_in(client, alice, NEW)["Location"] == "/account/inactive/"


def test_a_link_to_confirm_an_address_sets_no_password(client: Client, alice: User) -> None:
    EmailAddress.objects.update(verified=False)
    sign_in(client, alice)
    token = re.search(r"/confirm-email/([-\w]+)/", mailed("verify_email").text)
    assert token
    assert client.post(f"{ASK}{token[1]}/", {"new_password": NEW}).status_code == 410


def test_nobody_uses_up_the_tries_of_anothers_mail(alice: User) -> None:
    victim, attacker = Client(), Client()
    ask(attacker, alice.email)
    ask(victim, alice.email)
    typed = code()
    for _ in range(6):
        attacker.post(CODE, {"code": "BBBB-BBBB", "new_password": NEW})
    assert victim.post(CODE, {"code": typed, "new_password": NEW}).status_code == 302


def test_codes_cannot_be_tried_for_ever(client: Client, alice: User) -> None:
    ask(client, alice.email)
    statuses = [client.post(CODE, {"code": "BBBB-BBBB", "new_password": NEW}).status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]


@pytest.mark.django_db(transaction=True)
def test_using_a_link_while_asking_for_another_ends_well(alice: User) -> None:
    """Two locks taken in two orders would make one of them wait until the database gives up."""
    ask(Client(), alice.email)
    path = link()

    def act(number: int) -> int:
        try:
            if number % 2:
                return int(Client().post(path, {"new_password": NEW}).status_code)
            return int(ask(Client(), alice.email).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(act, range(4))) <= {302, 410}


# --- Changed ---------------------------------------------------------------------------------------------


def change(client: Client, current: str = PASSWORD, new: str = NEW) -> Any:
    return client.post(CHANGE, {"current_password": current, "new_password": new})


def test_the_current_one_is_exchanged_for_a_new_one(as_alice: Client, alice: User) -> None:
    assert change(as_alice)["Location"] == "/account/"
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def test_this_session_stays_and_all_others_end(as_alice: Client, alice: User) -> None:
    other = Client()
    sign_in(other, alice)
    change(as_alice)
    assert as_alice.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302


def test_the_session_that_stays_gets_a_new_key(as_alice: Client) -> None:
    before = as_alice.cookies["session"].value
    change(as_alice)
    assert as_alice.cookies["session"].value != before
    thief = Client()
    thief.cookies["session"] = before
    assert thief.get("/account/").status_code == 302


def test_a_change_tells_the_owner_and_leaves_evidence(as_alice: Client, alice: User) -> None:
    change(as_alice)
    assert mailed("password_changed").recipient == alice.email
    assert Event.objects.filter(action=Action.PASSWORD_CHANGE, person=alice.public_id).count() == 1


@pytest.mark.parametrize(
    ("current", "new"), [("wrong one", NEW), ("", NEW), (PASSWORD, "short"), (PASSWORD, "")]
)
def test_a_refused_change_changes_nothing(as_alice: Client, alice: User, current: str, new: str) -> None:
    assert change(as_alice, current, new).status_code == 200
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert not mails().exists()


def test_whoever_has_no_password_gets_one_by_mail(as_alice: Client, alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    be(as_alice, alice)
    page = as_alice.get(CHANGE)
    assert "Your account has none" in page.text
    assert f'value="{alice.email}"' in page.text
    as_alice.post(ASK, {"email": alice.email})
    assert as_alice.post(link(), {"new_password": NEW}).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def test_the_current_password_cannot_be_guessed_here(as_alice: Client) -> None:
    statuses = [change(as_alice, current="wrong one").status_code for _ in range(11)]
    assert statuses[-1] == 429


def test_nobody_changes_a_password_without_signing_in(client: Client) -> None:
    assert change(client)["Location"].startswith("/account/login/")
