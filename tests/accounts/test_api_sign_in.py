"""Signing up and in by a program: the same rules as on pages, tokens instead of a session."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as site
from django.test import Client
from django.utils import timezone

from accounts.models import Session, User
from audit.actions import Action, Outcome
from audit.models import Event
from tests.api import Program, code_in
from tests.conftest import PASSWORD, make_staff
from tests.outbox import mails
from tokens.models import Family

pytestmark = pytest.mark.django_db
NEW = "another story of ten lamps"


def mailed_code(message: str) -> str:
    found = re.search(r"^([B-Z]{4}-[B-Z]{4})$", mails(message=message).latest("id").text, re.MULTILINE)
    assert found
    return found[1]


def mailed_token(message: str) -> str:
    found = re.search(r"/([-\w]{43})/", mails(message=message).latest("id").text)
    assert found
    return found[1]


def unproved(user: User) -> None:
    EmailAddress.objects.filter(user=user).update(verified=False)


# --- By password ------------------------------------------------------------------------------------


def test_a_password_opens_the_account_to_a_program(alice: User) -> None:
    program = Program()
    answer = program.sign_in(alice)
    assert answer.status_code == 200
    assert set(answer.json()) == {"token_type", "access_token", "expires_in", "scope", "refresh_token"}
    assert program.get("me").json()["email"] == alice.email


def test_no_session_begins_and_no_cookie_is_left(alice: User) -> None:
    answer = Program().sign_in(alice)
    assert not answer.cookies
    assert not Session.objects.exists()


def test_a_session_in_a_browser_opens_nothing_here(as_alice: Client) -> None:
    assert as_alice.get("/api/auth/me").status_code == 401


def test_it_is_written_down_once_with_how(alice: User) -> None:
    Program().sign_in(alice)
    events = Event.objects.filter(person=alice.public_id, action__in=[Action.SIGN_IN, Action.TOKEN_BEGIN])
    assert [(event.action, event.data["methods"]) for event in events] == [(Action.TOKEN_BEGIN, ["password"])]


@pytest.mark.parametrize("typed", [{"password": "not hers"}, {"email": "nobody@example.org"}])
def test_a_wrong_password_and_an_unknown_address_look_alike(alice: User, typed: dict[str, str]) -> None:
    answer = Program().post("login", {"email": alice.email, "password": PASSWORD, **typed})
    assert (answer.status_code, code_in(answer)) == (401, "invalid_credentials")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert Event.objects.filter(action=Action.SIGN_IN_REFUSE, outcome=Outcome.REFUSED).count() == 1


@pytest.mark.parametrize("spelled", ["ALICE@example.org", " alice@example.org", "alice@EXAMPLE.org"])
def test_an_address_is_known_in_every_spelling(alice: User, spelled: str) -> None:
    assert Program().post("login", {"email": spelled, "password": PASSWORD}).status_code == 200


def test_a_password_is_taken_exactly_as_it_was_sent(alice: User) -> None:
    assert Program().sign_in(alice, f" {PASSWORD}").status_code == 401


def test_wrong_passwords_lock_here_as_on_the_page(alice: User) -> None:
    program = Program()
    assert [program.sign_in(alice, "not hers").status_code for _ in range(5)] == [401] * 5
    late = program.sign_in(alice)
    assert (late.status_code, code_in(late)) == (429, "locked_out")
    assert 0 < int(late["Retry-After"]) <= 900
    page = Client().post("/account/login/", {"login": alice.email, "password": PASSWORD})
    assert page.status_code == 429


def test_getting_in_forgives_what_was_mistyped(alice: User) -> None:
    program = Program()
    for _ in range(4):
        program.sign_in(alice, "not hers")
    assert program.sign_in(alice).status_code == 200
    assert [program.sign_in(alice, "not hers").status_code for _ in range(4)] == [401] * 4


def test_a_sign_in_from_somewhere_new_is_told_to_the_owner(alice: User) -> None:
    Program().sign_in(alice)
    Program().sign_in(alice)
    assert not mails(message="new_sign_in").exists()
    Program(headers={"x-forwarded-for": "203.0.113.9"}).sign_in(alice)
    assert mails(message="new_sign_in", recipient=alice.email).count() == 1


def test_staff_are_signed_out_sooner(alice: User) -> None:
    make_staff(alice)
    assert Program().sign_in(alice).status_code == 200
    left = Family.objects.get().expires_at - timezone.now()
    assert left <= site.STAFF_SESSION_IDLE_TIMEOUT


# --- What a stage wants first -------------------------------------------------------------------------


def test_a_disabled_account_says_so_to_whoever_knows_the_password(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert code_in(Program().sign_in(alice)) == "account_disabled"
    assert code_in(Program().sign_in(alice, "not hers")) == "invalid_credentials"


def test_a_locked_account_names_the_way_to_open_it(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(locked_at=timezone.now())
    answer = Program().sign_in(alice)
    assert code_in(answer) == "account_locked"
    assert answer.json()["address"] == "http://localhost/account/password/reset/"


def test_new_terms_are_accepted_on_the_site(alice: User, settings: Any) -> None:
    settings.TERMS_VERSION, settings.TERMS_URL = "2", "https://example.org/terms"
    answer = Program().sign_in(alice)
    assert code_in(answer) == "terms_required"
    assert "challenge" not in answer.json()


def test_an_unproved_address_is_confirmed_with_the_code_and_goes_on(alice: User) -> None:
    unproved(alice)
    program = Program()
    answer = program.sign_in(alice)
    assert code_in(answer) == "email_unverified"
    code = mailed_code("verify_email")
    done = program.post("email/verify", {"challenge": answer.json()["challenge"], "code": code})
    assert done.status_code == 200
    assert program.get("me").json()["email_verified"]


def test_a_challenge_is_good_once(alice: User) -> None:
    unproved(alice)
    program = Program()
    challenge = program.sign_in(alice).json()["challenge"]
    code = mailed_code("verify_email")
    assert program.post("email/verify", {"challenge": challenge, "code": code}).status_code == 200
    again = program.post("email/verify", {"challenge": challenge, "code": code})
    assert (again.status_code, code_in(again)) == (401, "sign_in_over")


def test_a_challenge_is_no_session(alice: User) -> None:
    unproved(alice)
    challenge = Program().sign_in(alice).json()["challenge"]
    browser = Client()
    browser.cookies[site.SESSION_COOKIE_NAME] = challenge
    assert browser.get("/account/confirm-email/").context["form"] is None


def test_a_session_is_no_challenge(alice: User) -> None:
    unproved(alice)
    browser = Client()
    browser.post("/account/login/", {"login": alice.email, "password": PASSWORD})
    key = browser.cookies[site.SESSION_COOKIE_NAME].value
    answer = Program().post("email/verify", {"challenge": key, "code": mailed_code("verify_email")})
    assert code_in(answer) == "sign_in_over"


def test_a_challenge_ends_after_a_quarter_of_an_hour(alice: User, monkeypatch: Any) -> None:
    unproved(alice)
    challenge = Program().sign_in(alice).json()["challenge"]
    code = mailed_code("verify_email")
    late = timezone.now() + timedelta(minutes=16)
    monkeypatch.setattr("time.time", late.timestamp)
    assert code_in(Program().post("email/verify", {"challenge": challenge, "code": code})) == "sign_in_over"


def test_somebody_elses_link_confirms_nothing_of_mine(alice: User, bob: User) -> None:
    for person in (alice, bob):
        unproved(person)
    Program().sign_in(bob)
    theirs = mailed_token("verify_email")
    challenge = Program().sign_in(alice).json()["challenge"]
    answer = Program().post("email/verify", {"challenge": challenge, "token": theirs})
    assert code_in(answer) == "invalid_code"
    assert not EmailAddress.objects.filter(verified=True).exists()


# --- What a program wishes ----------------------------------------------------------------------------


def test_a_sign_in_can_ask_for_less(alice: User) -> None:
    program = Program()
    assert program.sign_in(alice, scope="profile.read").json()["scope"] == "profile.read"
    assert program.get("me").status_code == 200
    refused = program.get("me/sessions")
    assert (refused.status_code, code_in(refused)) == (403, "scope_missing")
    assert 'scope="sessions.read"' in refused["WWW-Authenticate"]


@pytest.mark.parametrize("scope", ["everything", "profile.read nonsense", "tokens.introspect"])
def test_a_scope_that_a_sign_in_cannot_have_is_refused(alice: User, scope: str) -> None:
    answer = Program().sign_in(alice, scope=scope)
    assert (answer.status_code, code_in(answer)) == (422, "invalid")
    assert not Family.objects.exists()


# --- In a browser ---------------------------------------------------------------------------------------


def page(program: Program) -> dict[str, str]:
    return {"x-csrftoken": program.get("csrf").json()["csrf_token"]}


def test_a_page_gets_the_refresh_token_where_no_script_reads_it(alice: User) -> None:
    program = Program(enforce_csrf_checks=True)
    wish = {"email": alice.email, "password": PASSWORD, "transport": "cookie"}
    answer = program.post("login", wish, **page(program))
    assert "refresh_token" not in answer.json()
    cookie = answer.cookies[site.REFRESH_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/api/auth/refresh")
    again = program.post("refresh", {"transport": "cookie"}, **page(program))
    assert again.status_code == 200
    assert again.cookies[site.REFRESH_COOKIE_NAME].value != cookie.value


@pytest.mark.parametrize("path", ["login", "refresh"])
def test_another_sites_page_cannot_use_the_cookie(alice: User, path: str) -> None:
    program = Program(enforce_csrf_checks=True)
    wish = {"email": alice.email, "password": PASSWORD, "transport": "cookie"}
    program.post("login", wish, **page(program))
    data = wish if path == "login" else {"transport": "cookie"}
    refused = program.post(path, data)
    assert (refused.status_code, code_in(refused)) == (403, "csrf")
    elsewhere = program.post(path, data, **page(program), origin="https://elsewhere.example")
    assert code_in(elsewhere) == "csrf"


def test_a_listed_page_can_use_the_cookie_and_no_form_of_ours(alice: User, settings: Any) -> None:
    settings.API_ALLOWED_ORIGINS = ["https://app.example"]
    program = Program(enforce_csrf_checks=True)
    there = {**page(program), "origin": "https://app.example"}
    wish = {"email": alice.email, "password": PASSWORD, "transport": "cookie"}
    assert program.post("login", wish, **there).status_code == 200
    assert program.post("refresh", {"transport": "cookie"}, **there).status_code == 200
    form = {"login": alice.email, "password": PASSWORD}
    assert program.client.post("/account/login/", form, headers=there).status_code == 403


def test_the_cookie_is_not_looked_at_without_being_asked_for(alice: User) -> None:
    program = Program()
    program.client.cookies[site.REFRESH_COOKIE_NAME] = Program().sign_in(alice).json()["refresh_token"]
    assert program.post("refresh", {}).json()["errors"][0]["field"] == "refresh_token"


def test_on_https_the_cookie_is_secure(alice: User, settings: Any) -> None:
    settings.HTTPS, settings.REFRESH_COOKIE_NAME = True, "__Secure-refresh"
    program = Program()
    wish = {"email": alice.email, "password": PASSWORD, "transport": "cookie"}
    assert program.post("login", wish, **page(program)).cookies["__Secure-refresh"]["secure"]


def test_nobody_elses_page_may_read_an_answer(alice: User) -> None:
    answer = Client().get("/api/schema/", headers={"origin": "https://app.example"})
    assert not any(name.lower().startswith("access-control") for name in answer.headers)


def test_a_listed_page_may(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    settings.API_MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *settings.API_MIDDLEWARE]
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
    answer = Client().options("/api/auth/login", headers=asked)
    assert answer["Access-Control-Allow-Origin"] == "https://app.example"
    other = Client().get("/api/schema/", headers={"origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in other


# --- A code by mail -----------------------------------------------------------------------------------


def test_a_code_by_mail_signs_in_where_the_site_offers_it(alice: User, settings: Any) -> None:
    settings.SIGN_IN_BY_MAIL = True
    program = Program()
    challenge = program.post("login/code", {"email": alice.email}).json()["challenge"]
    typed = {"email": alice.email, "challenge": challenge, "code": mailed_code("sign_in_code")}
    assert program.post("login/code/confirm", typed).status_code == 200
    assert program.is_in()
    assert code_in(program.post("login/code/confirm", typed)) == "invalid_code"


def test_the_code_is_good_only_with_the_challenge_of_whoever_asked(alice: User, settings: Any) -> None:
    settings.SIGN_IN_BY_MAIL = True
    Program().post("login/code", {"email": alice.email})
    code = mailed_code("sign_in_code")
    other = Program().post("login/code", {"email": "else@example.org"}).json()["challenge"]
    typed = {"email": alice.email, "challenge": other, "code": code}
    assert code_in(Program().post("login/code/confirm", typed)) == "invalid_code"


@pytest.mark.parametrize("path", ["login/code", "login/code/confirm"])
def test_elsewhere_there_is_no_such_thing(alice: User, path: str) -> None:
    data = {"email": alice.email, "challenge": "x", "code": "y"}
    asked = data if path.endswith("confirm") else {"email": alice.email}
    assert Program().post(path, asked).status_code == 404


def test_asking_for_a_code_tells_nothing_of_who_has_an_account(alice: User, settings: Any) -> None:
    settings.SIGN_IN_BY_MAIL = True
    known, unknown = (
        Program().post("login/code", {"email": email}) for email in (alice.email, "x@example.org")
    )
    assert (known.status_code, known.json().keys()) == (unknown.status_code, unknown.json().keys())


# --- Signing up -----------------------------------------------------------------------------------------


def test_a_program_makes_an_account_and_confirms_it(db: Any) -> None:
    program = Program()
    answer = program.post("register", {"email": "dora@example.org", "password": NEW})
    assert answer.status_code == 202
    challenge = answer.json()["challenge"]
    done = program.post("email/verify", {"challenge": challenge, "code": mailed_code("verify_email")})
    assert done.status_code == 200
    assert program.get("me").json()["email"] == "dora@example.org"


def test_an_address_that_has_an_account_gets_the_same_answer(alice: User) -> None:
    known = Program().post("register", {"email": alice.email, "password": NEW})
    new = Program().post("register", {"email": "dora@example.org", "password": NEW})
    assert (known.status_code, known.json().keys()) == (new.status_code, new.json().keys())
    assert mails(message="already_registered", recipient=alice.email).count() == 1
    typed = {"challenge": known.json()["challenge"], "code": "BCDF-GHJK"}
    assert code_in(Program().post("email/verify", typed)) == "invalid_code"


def test_a_weak_password_is_refused_by_its_field(db: Any) -> None:
    answer = Program().post("register", {"email": "dora@example.org", "password": "short"})
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"password"}
    assert not User.objects.exists()


def test_where_there_are_terms_they_have_to_be_accepted(db: Any, settings: Any) -> None:
    settings.TERMS_VERSION, settings.TERMS_URL = "1", "https://example.org/terms"
    data = {"email": "dora@example.org", "password": NEW}
    refused = Program().post("register", data)
    assert [error["field"] for error in refused.json()["errors"]] == ["accept_terms"]
    assert Program().post("register", {**data, "accept_terms": True}).status_code == 202


def test_where_nobody_can_sign_up_programs_cannot(db: Any, settings: Any) -> None:
    settings.REGISTRATION = "closed"
    answer = Program().post("register", {"email": "dora@example.org", "password": NEW})
    assert (answer.status_code, code_in(answer)) == (403, "sign_up_closed")


def test_whoever_reads_the_mail_elsewhere_chooses_the_password(db: Any) -> None:
    Program().post("register", {"email": "dora@example.org", "password": NEW})
    token = mailed_token("verify_email")
    wanting = Program().post("email/verify", {"token": token})
    assert (wanting.status_code, code_in(wanting)) == (422, "new_password_required")
    chosen = "a third story of eleven lamps"
    assert Program().post("email/verify", {"token": token, "new_password": chosen}).status_code == 204
    dora = User.objects.get()
    assert Program().sign_in(dora, NEW).status_code == 401
    assert Program().sign_in(dora, chosen).status_code == 200


def test_the_mail_can_be_sent_again(db: Any) -> None:
    program = Program()
    challenge = program.post("register", {"email": "dora@example.org", "password": NEW}).json()["challenge"]
    assert mails(message="verify_email").count() == 1
    assert program.post("email/resend", {"challenge": challenge}).status_code == 202
    assert mails(message="verify_email").count() == 2
    assert code_in(program.post("email/resend", {"challenge": "nonsense"})) == "sign_in_over"


# --- A forgotten password -----------------------------------------------------------------------------


def test_a_new_password_by_the_code_ends_what_was_open(alice: User) -> None:
    before = Program()
    before.sign_in(alice)
    program = Program()
    asked = program.post("password/reset", {"email": alice.email})
    assert asked.status_code == 202
    data = {
        "email": alice.email,
        "challenge": asked.json()["challenge"],
        "code": mailed_code("reset_password"),
        "new_password": NEW,
    }
    assert program.post("password/reset/confirm", data).status_code == 204
    assert not before.is_in()
    assert not program.is_in()
    assert program.sign_in(alice, NEW).status_code == 200
    assert code_in(program.post("password/reset/confirm", data)) == "invalid_code"


def test_a_new_password_by_the_link(alice: User) -> None:
    Program().post("password/reset", {"email": alice.email})
    data = {"token": mailed_token("reset_password"), "new_password": NEW}
    assert Program().post("password/reset/confirm", data).status_code == 204
    assert (again := Program().post("password/reset/confirm", data)).status_code == 410
    assert code_in(again) == "link_over"


def test_a_link_for_another_purpose_chooses_no_password(alice: User) -> None:
    unproved(alice)
    Program().sign_in(alice)
    data = {"token": mailed_token("verify_email"), "new_password": NEW}
    assert code_in(Program().post("password/reset/confirm", data)) == "link_over"


def test_a_former_password_is_refused_and_the_code_stays_good(alice: User) -> None:
    Program().post("password/reset", {"email": alice.email})
    token = mailed_token("reset_password")
    refused = Program().post("password/reset/confirm", {"token": token, "new_password": PASSWORD})
    assert refused.status_code == 422
    assert Program().post("password/reset/confirm", {"token": token, "new_password": NEW}).status_code == 204
