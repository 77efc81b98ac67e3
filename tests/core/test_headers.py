"""Headers that every answer carries, whoever answers."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.http import JsonResponse
from django.middleware.security import SecurityMiddleware
from django.test import Client, RequestFactory

from core.headers import HeadersMiddleware

pytestmark = pytest.mark.django_db
PAGES = ["/", "/account/login/", "/account/signup/", "/account/"]
ERRORS = ["/no/such/page", "/?a=1&a=2"]
ADDRESSES = [*PAGES, *ERRORS, "/livez", "/static/css/base.css"]


@pytest.fixture(params=ADDRESSES)
def response(request: pytest.FixtureRequest, client: Client) -> Iterator[Any]:
    response = client.get(request.param)
    yield response
    response.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ],
)
def test_an_answer_has_the_header(response: Any, name: str, value: str) -> None:
    assert response[name] == value


def test_django_would_add_nothing(settings: Any, rf: RequestFactory) -> None:
    """The API goes without its layer: a header that a new version writes has to be written here as well."""
    settings.SECURE_HSTS_SECONDS = 1000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    request, answer = rf.get("/api/auth/me", secure=True), JsonResponse({})
    HeadersMiddleware(lambda _request: answer)(request)
    ours = dict(answer.headers)
    SecurityMiddleware(lambda _request: answer)(request)
    assert dict(answer.headers) == ours
    assert ours["Strict-Transport-Security"] == "max-age=1000; includeSubDomains; preload"


def test_an_answer_has_a_reference(response: Any) -> None:
    assert len(response["X-Request-Id"]) == 16


@pytest.mark.parametrize("path", [*PAGES, *ERRORS])
def test_the_policy_has_no_exception(client: Client, path: str) -> None:
    policy = client.get(path)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "object-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_not_kept(client: Client, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]


def test_a_reference_cannot_be_chosen(client: Client) -> None:
    assert client.get("/", headers={"x-request-id": "mine"})["X-Request-Id"] != "mine"


def test_every_answer_has_its_own_reference(client: Client) -> None:
    assert len({client.get("/")["X-Request-Id"] for _ in range(5)}) == 5


def test_cookies_are_for_this_site_alone(client: Client, alice: Any) -> None:
    client.get("/account/login/")
    client.post("/account/login/", {"login": alice.email, "password": "an untold story of nine lamps"})
    for name in ("session", "csrf"):
        cookie = client.cookies[name]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]
        assert len(cookie.OutputString()) < 4096


def test_a_page_that_names_no_icon_has_one(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    with closing(client.get(answer.url)) as icon:
        assert icon.status_code == 200
