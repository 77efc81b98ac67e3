"""The API goes a way of its own: nothing of a browser's is looked at there, and nothing that pages need is skipped."""

from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from accounts.models import User
from core import statements
from tests.api import Program, code_in

pytestmark = pytest.mark.django_db


def test_a_session_is_neither_read_nor_begun(as_alice: Client) -> None:
    answer = as_alice.get("/api/auth/me")
    assert answer.status_code == 401
    assert not answer.cookies


def test_answers_carry_the_headers_of_data(alice: User) -> None:
    program = Program()
    program.sign_in(alice)
    answer = program.get("me")
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Request-Id"]


def test_the_page_about_the_api_is_a_page(client: Client) -> None:
    answer = client.get("/api/docs/")
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


def test_a_refusal_speaks_the_language_that_is_asked_for() -> None:
    answer = Client().get("/api/auth/nothing", headers={"accept-language": "de"})
    assert answer.status_code == 404
    assert answer.json()["title"] == "Hier ist nichts"


@pytest.mark.parametrize("ask", [Client().get, Client().post])
def test_without_https_a_program_is_refused_and_not_led_on(settings: Any, ask: Any) -> None:
    """Else it would go on telling its secrets to everybody on the way (ASVS 4.1.2)."""
    settings.SECURE_SSL_REDIRECT, settings.SECURE_SSL_HOST = True, "localhost"
    refused = ask("/api/auth/me")
    assert (refused.status_code, code_in(refused)) == (400, "https_required")
    assert ask("/api/auth/me", secure=True).status_code in (401, 405)
    assert ask("/api/docs/").status_code == 301


def test_whatever_stands_on_the_apis_way_stands_on_that_of_pages() -> None:
    """Django asks only the latter what to do around a view."""
    own = {"corsheaders.middleware.CorsMiddleware", "core.lanes.LanguageMiddleware"}
    assert set(settings.API_MIDDLEWARE) - own <= set(settings.MIDDLEWARE)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"email": "a", "email": "b"}', 400),
        (b'{"email": NaN}', 400),
        (b"\xff\xfe", 400),
        (b'{"email": "\\ud800"}', 400),
        (b'{"email": "a\\u0000b"}', 400),
        (b"[]", 422),
        (b'"text"', 422),
        (b"null", 422),
        (b"{}", 422),
        (b"[" * 5000, 400),
        (b"{" + b" " * 65_536 + b"}", 413),
    ],
)
def test_a_body_that_is_none_is_refused(body: bytes, status: int) -> None:
    answer = Client().post("/api/auth/login", body, content_type="application/json")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_another_kind_of_body_is_refused(kind: str) -> None:
    answer = Client().post("/api/auth/login", b"email=a&password=b", content_type=kind)
    assert answer.status_code == 415


def test_a_method_that_is_not_there_names_those_that_are() -> None:
    answer = Client().delete("/api/auth/login")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_query_that_nothing_reads_is_refused() -> None:
    assert Client().get("/api/auth/csrf?x=1").status_code == 422


def test_the_database_away_is_a_503(alice: User, monkeypatch: Any) -> None:
    program = Program()
    program.sign_in(alice)

    def away(*args: Any) -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr(statements, "read", away)
    answer = program.get("me")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
