"""Failures as their readers see them."""

import json
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404
from django.test import Client, RequestFactory

from core.errors import Problem, TooMany, Unavailable, problem_of, respond, wants_json
from core.ratelimit import RateLimited, Verdict


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (BadRequest(), 400, "bad_input"),
        (SuspiciousOperation(), 400, "bad_input"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, ""), 400, "bad_input"),
        (PermissionDenied(), 403, "forbidden"),
        (Http404(), 404, "not_found"),
        (RequestDataTooBig(), 413, "too_large"),
        (RateLimited("x", Verdict(allowed=False, retry_after=61)), 429, "too_many"),
        (OperationalError("gone"), 503, "unavailable"),
        (InterfaceError("gone"), 503, "unavailable"),
        (DataError("ours"), 500, "internal"),
        (RuntimeError("ours"), 500, "internal"),
        (None, 500, "internal"),
    ],
)
def test_every_failure_has_its_answer(error: Exception | None, status: int, code: str) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.code) == (status, code)


def test_a_program_gets_problem_json() -> None:
    request = RequestFactory().get("/api/auth/me")
    request.request_id = "abc"
    response = respond(request, TooMany(61))
    assert response["Content-Type"] == "application/problem+json"
    assert response["Retry-After"] == "61"
    assert json.loads(response.content) == {
        "type": "about:blank",
        "title": "Please wait a moment",
        "status": 429,
        "detail": "That was tried too often. Please try again in 2 minutes.",
        "code": "too_many",
        "reference": "abc",
    }


def test_a_person_gets_a_page_with_a_reference() -> None:
    request = RequestFactory().get("/")
    request.request_id = "abc"
    response = respond(request, Unavailable())
    assert "We will be right back" in response.content.decode()
    assert "<code>abc</code>" in response.content.decode()
    assert response["Retry-After"] == "5"


@pytest.mark.parametrize(
    ("path", "accept", "json_wanted"),
    [
        ("/api/auth/me", "", True),
        ("/account/", "application/json", True),
        ("/account/", "application/problem+json", True),
        ("/account/", "text/html,application/json", False),
        ("/account/", "*/*", False),
        ("/account/", "application/jsonp", False),
    ],
)
def test_who_wants_json(path: str, accept: str, json_wanted: bool) -> None:
    assert wants_json(RequestFactory().get(path, headers={"accept": accept})) is json_wanted


def test_an_unknown_address_is_a_404_page(client: Client) -> None:
    response = client.get("/no/such/page")
    assert response.status_code == 404
    assert "There is nothing here" in response.text
    assert response["X-Request-Id"] in response.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "a b", "::1"]
)
def test_an_unknown_host_is_refused(client: Client, host: str) -> None:
    response = client.get("/account/login/", headers={"host": host})
    assert response.status_code == 400
    assert "evil" not in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["put", "delete", "patch", "trace"])
def test_a_method_nobody_offers_is_refused(client: Client, method: str) -> None:
    assert getattr(client, method)("/account/signed-out/").status_code == 405


@pytest.mark.django_db
def test_the_address_of_a_form_opened_as_a_page_says_so(as_alice: Client) -> None:
    answer = as_alice.get("/account/addresses/add/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "Go back to the page with the form" in answer.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("form", "after"),
    [
        ("http://testserver/account/addresses/?page=2", "?next=/account/addresses/%3Fpage%3D2"),
        ("http://evil.example/account/", ""),
        ("http://testserver//evil.example/", ""),
        ("", ""),
    ],
)
def test_whoever_sends_a_form_after_the_session_ended_comes_back_to_it(
    client: Client, form: str, after: str
) -> None:
    answer = client.post("/account/addresses/add/", headers={"referer": form})
    assert unquote(answer.url) == unquote(f"/account/login/{after}")


def test_a_mistake_of_ours_shows_nothing_of_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr("accounts.views.home.render", broken)
    response = client.get("/account/signed-out/")
    assert response.status_code == 500
    assert "The mistake is ours" in response.text
    assert "hunter2" not in response.text


def broken(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("hunter2")


def test_a_database_outage_is_a_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("accounts.views.home.render", gone)
    response = client.get("/account/signed-out/")
    assert response.status_code == 503
    assert response["Retry-After"] == "5"


def test_a_problem_may_say_more() -> None:
    assert str(Problem("Because.").detail) == "Because."
