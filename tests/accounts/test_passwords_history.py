"""A password that somebody had before is not chosen again, and nobody else learns which those were."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client

from accounts.models import PastPassword, Proof, User
from accounts.passwords import argon2id
from tests.conftest import PASSWORD, sign_in
from tests.outbox import mails

pytestmark = pytest.mark.django_db
CHANGE, ASK, CODE = "/account/password/change/", "/account/password/reset/", "/account/password/reset/code/"
STORIES = [f"{number} stories of brass lamps" for number in ("two", "three", "four", "five", "six", "seven")]


def change(client: Client, current: str, new: str) -> bool:
    response = client.post(CHANGE, {"current_password": current, "new_password": new})
    assert response.status_code == 302 or "You have had this password before" in response.text
    return bool(response.status_code == 302)


def mail() -> str:
    return mails(message="reset_password").latest("id").text


def code() -> str:
    found = re.search(r"^([B-Z]{4}-[B-Z]{4})$", mail(), re.MULTILINE)
    assert found
    return found[1]


def link() -> str:
    found = re.search(r"http://localhost(/account/password/reset/\S+)", mail())
    assert found
    return found[1]


def test_the_last_five_are_refused_and_the_sixth_is_free_again(as_alice: Client, settings: Any) -> None:
    # The limits on guessing a password count changes too, and this is more than anybody makes in five minutes.
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100/1m")
    had = [PASSWORD]
    for new in STORIES[:5]:
        assert change(as_alice, had[-1], new)
        had.append(new)
    assert [change(as_alice, had[-1], old) for old in reversed(had[1:])] == [False] * 5
    assert change(as_alice, had[-1], PASSWORD)


def test_the_present_one_counts(as_alice: Client) -> None:
    assert not change(as_alice, PASSWORD, PASSWORD)


@pytest.mark.parametrize(("remembered", "rows"), [(0, 0), (1, 0), (3, 2)])
def test_how_many_is_a_setting(as_alice: Client, settings: Any, remembered: int, rows: int) -> None:
    settings.PASSWORD_HISTORY = remembered
    for before, after in zip([PASSWORD, *STORIES], STORIES[:4], strict=False):
        assert change(as_alice, before, after)
    assert PastPassword.objects.count() == rows
    assert change(as_alice, STORIES[3], STORIES[3]) is (remembered == 0)


def test_a_lower_number_counts_at_once_and_forgets_at_the_next_change(
    as_alice: Client, settings: Any
) -> None:
    for before, after in zip([PASSWORD, *STORIES], STORIES[:3], strict=False):
        change(as_alice, before, after)
    assert PastPassword.objects.count() == 3
    settings.PASSWORD_HISTORY = 2
    assert not change(as_alice, STORIES[2], STORIES[1])
    assert change(as_alice, STORIES[2], STORIES[0])
    assert PastPassword.objects.count() == 1
    settings.PASSWORD_HISTORY = 0
    assert change(as_alice, STORIES[0], STORIES[0])
    assert not PastPassword.objects.exists()


def test_it_ends_with_the_person(as_alice: Client, alice: User) -> None:
    change(as_alice, PASSWORD, STORIES[0])
    alice.delete()
    assert not PastPassword.objects.exists()


def test_it_counts_for_one_person_only(as_alice: Client, bob: User) -> None:
    assert change(as_alice, PASSWORD, STORIES[0])
    browser = Client()
    sign_in(browser, bob)
    assert change(browser, PASSWORD, STORIES[0])


@pytest.mark.parametrize("way", ["link", "code"])
def test_a_reset_remembers_too_and_a_refusal_spends_nothing(client: Client, alice: User, way: str) -> None:
    client.post(ASK, {"email": alice.email})
    path, extra = (link(), {}) if way == "link" else (CODE, {"code": code()})
    refused = client.post(path, {**extra, "new_password": PASSWORD})
    assert "You have had this password before" in refused.text
    assert Proof.objects.get().is_open
    assert client.post(path, {**extra, "new_password": STORIES[0]}).status_code == 302
    assert PastPassword.objects.get().user == alice


def test_a_wrong_code_tells_nothing_of_former_passwords(client: Client, alice: User) -> None:
    client.post(ASK, {"email": alice.email})
    answers = [
        client.post(CODE, {"code": "BBBB-BBBB", "new_password": new}).text for new in (PASSWORD, STORIES[0])
    ]
    assert all("not right" in text and "before" not in text for text in answers)


def test_a_stolen_session_learns_nothing_of_former_passwords(as_alice: Client) -> None:
    answer = as_alice.post(CHANGE, {"current_password": "wrong one", "new_password": PASSWORD})
    assert "not your current password" in answer.text
    assert "before" not in answer.text


def test_nothing_is_compared_for_somebody_unknown(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    fits = argon2id.Argon2Hash.fits
    monkeypatch.setattr(argon2id.Argon2Hash, "fits", lambda *args: hashed.append("") or fits(*args))
    for email in (alice.email, "nobody@example.org"):
        client.post(ASK, {"email": email})
        client.post(CODE, {"code": "BBBB-BBBB", "new_password": STORIES[0]})
    assert hashed == []


def test_who_proves_the_mailbox_first_may_choose_what_they_typed_at_sign_up(client: Client) -> None:
    client.post("/account/signup/", {"email": "dora@example.org", "password1": PASSWORD})
    text = mails(message="verify_email").latest("id").text
    path = next(word for word in text.split() if "/confirm-email/" in word).removeprefix("http://localhost")
    assert Client().post(path, {"new_password": PASSWORD})["Location"] == "/account/login/"
    assert EmailAddress.objects.get().verified
    assert not PastPassword.objects.exists()


def test_a_hash_that_is_renewed_is_no_new_password(client: Client, alice: User, settings: Any) -> None:
    settings.PASSWORD_HASH_ROUNDS = 2
    sign_in(client, alice)
    assert not PastPassword.objects.exists()


def test_a_refused_change_does_not_end_the_session(as_alice: Client, settings: Any) -> None:
    """Not even when the hash would have been renewed on the way."""
    settings.PASSWORD_HASH_ROUNDS = 2
    assert not change(as_alice, PASSWORD, PASSWORD)
    assert as_alice.get("/account/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_one_counts(alice: User) -> None:
    """The other was allowed for a password that is not the present one any more."""
    browsers = [Client(), Client()]
    for browser in browsers:
        sign_in(browser, alice)

    def act(number: int) -> str:
        try:
            data = {"current_password": PASSWORD, "new_password": STORIES[number]}
            return str(browsers[number].post(CHANGE, data).headers.get("Location"))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(act, range(2)))
    assert answers.count("/account/") == 1
    alice.refresh_from_db()
    assert alice.check_password(STORIES[answers.index("/account/")])
    assert PastPassword.objects.count() == 1
