"""Everybody reads the site in their own language: on its pages, in its refusals, in its mail."""

import re
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.flows import invitations, profile
from accounts.models import User
from core.client import Facts
from core.models import OutboxMessage
from tests.conftest import PASSWORD, sign_in
from tests.desk import act
from tests.outbox import mails

pytestmark = pytest.mark.django_db
GERMAN = {"accept-language": "de-AT,de;q=0.9,en;q=0.5"}
ENGLISH = {"accept-language": "en-GB,en;q=0.9,de;q=0.5"}
FACTS = Facts("203.0.113.9", "Firefox on Linux", "")
NEW = "dora@example.org"
# One of these buttons is.
ON_EVERY_PAGE = ("Anmelden", "Abmelden", "Zur Startseite")


def language_of(answer: Any) -> str:
    """Of the words and of the header alike."""
    spoken = answer["Content-Language"]
    assert f'<html lang="{spoken}"' in answer.text
    assert any(word in answer.text for word in ON_EVERY_PAGE) == (spoken == "de")
    return str(spoken)


def speaks(user: User, language: str) -> None:
    profile.update(user=user, facts=FACTS, language=language)


def choose(client: Client, language: str) -> None:
    assert client.post("/account/language/", {"language": language}).status_code == 302


def is_german(mail: OutboxMessage) -> bool:
    assert ("Guten Tag," in mail.text) == ('<html lang="de">' in mail.html) == ("Hello," not in mail.text)
    return "Guten Tag," in mail.text


# --- Pages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked_for", "answered"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("DE", "de"),
        ("en-GB,en;q=0.9,de;q=0.5", "en"),
        ("fr,de;q=0.3", "de"),
        ("fr", "en"),
        ("", "en"),
        ("de_DE\N{LATIN SMALL LETTER E WITH ACUTE};;q=x", "en"),
    ],
)
def test_a_visitor_is_answered_as_the_browser_asks(client: Client, asked_for: str, answered: str) -> None:
    answer = client.get("/account/login/", headers={"accept-language": asked_for})
    assert language_of(answer) == answered


def test_no_cache_gives_one_readers_language_to_another(client: Client) -> None:
    vary = client.get("/account/login/", headers=GERMAN)["Vary"]
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in vary.split(",")}


def test_both_are_offered_by_the_names_their_readers_know(client: Client) -> None:
    for headers in (GERMAN, ENGLISH):
        page = client.get("/account/login/", headers=headers).text
        assert 'lang="en"' in page
        assert ">English<" in page
        assert ">Deutsch<" in page


def test_what_is_chosen_at_the_foot_stays_before_and_after_signing_in(client: Client, alice: User) -> None:
    choose(client, "de")
    assert language_of(client.get("/account/login/", headers=ENGLISH)) == "de"
    sign_in(client, alice)
    assert language_of(client.get("/account/", headers=ENGLISH)) == "de"
    client.post("/account/logout/")
    assert language_of(client.get("/account/login/", headers=ENGLISH)) == "de"


def test_what_somebody_chose_goes_with_them_to_another_browser(as_alice: Client, alice: User) -> None:
    choose(as_alice, "de")
    other = Client()
    sign_in(other, alice)
    assert language_of(other.get("/account/", headers=ENGLISH)) == "de"


@pytest.mark.parametrize(("own", "other"), [("de", "en"), ("en", "de")])
def test_a_persons_setting_wins_over_the_browser(as_alice: Client, alice: User, own: str, other: str) -> None:
    choose(as_alice, other)
    speaks(alice, own)
    assert language_of(as_alice.get("/account/", headers={"accept-language": other})) == own


def test_the_menu_speaks_it_too(as_alice: Client, alice: User) -> None:
    speaks(alice, "de")
    page = as_alice.get("/account/sessions/").text
    assert "Übersicht" in page
    assert "gerade hier" not in page
    assert "dieser Browser" in page


def test_a_choice_on_a_page_that_answers_a_form_leads_back_to_the_form(as_alice: Client) -> None:
    page = as_alice.post("/account/addresses/add/", {"email": "no address"}, headers=GERMAN)
    assert "Bitte gültige E-Mail-Adresse eingeben." in page.text
    assert 'name="next" value="/account/addresses/"' in page.text


def test_what_other_packages_say_is_german_as_well(client: Client, alice: User) -> None:
    wrong = {"login": alice.email, "password": "not her password"}
    assert "leider falsch" in client.post("/account/login/", wrong, headers=GERMAN).text
    for password, complaint in [
        ("short", "zu kurz"),
        ("dora@example.org", "zu sehr"),
        ("", "zwingend erforderlich"),
    ]:
        filled = {"email": NEW, "password1": password}
        assert complaint in client.post("/account/signup/", filled, headers=GERMAN).text


def test_administrators_have_their_pages_in_german(as_admin: Client, admin: User) -> None:
    speaks(admin, "de")
    page = as_admin.get("/admin/accounts/user/")
    assert language_of(page) == "de"
    assert "Alle Sitzungen und jeden anderen Zugang beenden" in page.text


# --- Refusals ---------------------------------------------------------------------------------------------


def test_an_error_page_speaks_the_visitors_language(client: Client) -> None:
    answer = client.get("/no/such/page", headers=GERMAN)
    assert answer.status_code == 404
    assert language_of(answer) == "de"
    assert "Hier ist nichts" in answer.text


def test_an_error_page_speaks_the_persons_language(as_alice: Client, alice: User) -> None:
    speaks(alice, "de")
    assert language_of(as_alice.get("/no/such/page", headers=ENGLISH)) == "de"


def test_so_does_the_page_about_a_form_that_was_opened_as_a_page(as_alice: Client, alice: User) -> None:
    User.objects.update(language="de")
    answer = as_alice.get("/account/addresses/add/", headers={"accept-language": "en"})
    assert (answer.status_code, "nimmt nur ein Formular" in answer.text) == (405, True)


def test_a_program_gets_the_language_it_negotiated(client: Client) -> None:
    asked = {**GERMAN, "accept": "application/json"}
    answer = client.get("/no/such/page", headers=asked)
    assert answer.json()["title"] == "Hier ist nichts"
    assert answer.json()["code"] == "not_found"
    assert answer["Content-Language"] == "de"


@pytest.mark.parametrize(("before", "now", "spoken"), [(ENGLISH, GERMAN, "de"), (GERMAN, ENGLISH, "en")])
def test_who_is_refused_at_the_door_is_not_told_in_the_last_visitors_language(
    client: Client, before: dict[str, str], now: dict[str, str], spoken: str
) -> None:
    client.get("/account/login/", headers=before)
    refused = client.post("/account/login/", "x", content_type="text/plain; charset=utf-16", headers=now)
    assert refused.status_code == 400
    assert language_of(refused) == spoken


def test_who_tried_too_often_is_told_in_german(client: Client, settings: Any, db: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "sign-in.address": "1/2m"}
    form = {"login": "nobody@example.org", "password": "x"}
    answers = [client.post("/account/login/", form, headers=GERMAN) for _ in range(2)]
    assert answers[-1].status_code == 429
    assert "in 2 Minuten noch einmal" in answers[-1].text


def test_an_outage_is_told_in_german(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("accounts.views.home.render", gone)
    answer = client.get("/account/signed-out/", headers=GERMAN)
    assert answer.status_code == 503
    assert "Wir sind gleich wieder da" in answer.text


# --- Mail -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("administrators", "own", "german"),
    [("en", "de", True), ("de", "en", False), ("de", "", False), ("", "de", True)],
)
def test_what_an_administrator_sends_is_in_the_readers_language(
    as_admin: Client, admin: User, alice: User, administrators: str, own: str, german: bool
) -> None:
    speaks(admin, administrators)
    speaks(alice, own)
    assert act(as_admin, alice, "send-reset", follow=False).status_code == 302
    assert is_german(mails(message="reset_password", recipient=alice.email).get()) == german


@pytest.mark.parametrize(("own", "german"), [("de", True), ("en", False), ("", False)])
def test_a_stranger_at_the_door_does_not_choose_the_language_of_the_warning(
    alice: User, own: str, german: bool
) -> None:
    speaks(alice, own)
    stranger = Client()
    for _ in range(5):
        wrong = {"login": alice.email, "password": "not her password"}
        stranger.post("/account/login/", wrong, headers=ENGLISH if german else GERMAN)
    assert is_german(mails(message="locked_out").get()) == german


def test_the_device_is_named_in_german_too(as_alice: Client, alice: User) -> None:
    speaks(alice, "de")
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    form = {"login": alice.email, "password": PASSWORD}
    Client().post("/account/login/", form, headers={"user-agent": firefox})
    assert "Gerät: Firefox unter Linux" in mails(message="new_sign_in").get().text
    assert "Firefox unter Linux" in as_alice.get("/account/sessions/").text


@pytest.mark.parametrize(("headers", "german"), [(GERMAN, True), (ENGLISH, False)])
def test_mail_to_whoever_has_no_account_speaks_as_the_page_on_which_it_was_asked_for(
    client: Client, headers: dict[str, str], german: bool
) -> None:
    client.post("/account/password/reset/", {"email": NEW}, headers=headers)
    assert is_german(mails(message="no_account", recipient=NEW).get()) == german


def test_so_does_mail_that_somebody_without_a_choice_asked_for(client: Client, alice: User) -> None:
    client.post("/account/password/reset/", {"email": alice.email}, headers=GERMAN)
    assert is_german(mails(message="reset_password").get())


# --- Signing up -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("headers", "kept"), [(GERMAN, "de"), (ENGLISH, "")])
def test_who_signs_up_in_german_keeps_it(client: Client, headers: dict[str, str], kept: str) -> None:
    client.post("/account/signup/", {"email": NEW, "password1": PASSWORD}, headers=headers)
    assert User.objects.get().language == kept
    assert is_german(mails(message="verify_email").get()) == bool(kept)


def test_who_accepts_an_invitation_in_german_keeps_it(client: Client) -> None:
    invitations.invite(email=NEW, actor=None)
    link = next(word for word in mails(message="invitation").get().text.split() if "/invited/" in word)
    path = link.partition("localhost")[2].partition("/")
    client.post(f"/{path[2]}", {"name": "Dora", "new_password": PASSWORD}, headers=GERMAN)
    assert User.objects.get().language == "de"


def test_whoever_proves_a_prepared_account_elsewhere_brings_their_own_language(
    client: Client, db: Any
) -> None:
    client.post("/account/signup/", {"email": NEW, "password1": PASSWORD}, headers=GERMAN)
    link = re.search(r"http://localhost(/\S+)", mails(recipient=NEW).get().text)
    assert link
    Client().post(link[1], {"new_password": "another story of ten lamps"}, headers=ENGLISH)
    assert User.objects.get(email=NEW).language == "en"
