"""Every handler of a failure, through a real request: a page for people, problem+json for programs."""

from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_protect

from core.errors import Missing, TooMany
from core.ratelimit import RateLimited, Verdict
from core.signals import request_refused
from identity.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]

FAILURES = {
    "bad-request": (BadRequest("hunter2"), 400, "bad_input"),
    "suspicious": (SuspiciousOperation("hunter2"), 400, "bad_input"),
    "fields": (TooManyFieldsSent("hunter2"), 400, "bad_input"),
    "text": (UnicodeDecodeError("utf-8", b"hunter2", 0, 1, "hunter2"), 400, "bad_input"),
    "denied": (PermissionDenied("hunter2"), 403, "forbidden"),
    "missing": (Http404("hunter2"), 404, "not_found"),
    "ours": (Missing(), 404, "not_found"),
    "big": (RequestDataTooBig("hunter2"), 413, "too_large"),
    "wait": (TooMany(90), 429, "too_many"),
    "limited": (RateLimited("x", Verdict(allowed=False, retry_after=7)), 429, "too_many"),
    "database": (OperationalError("hunter2"), 503, "unavailable"),
    "connection": (InterfaceError("hunter2"), 503, "unavailable"),
    "crash": (RuntimeError("hunter2"), 500, "internal"),
}


@login_not_required
def fail(request: HttpRequest, name: str) -> HttpResponse:
    raise FAILURES[name][0]


@login_not_required
@csrf_protect
def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse("sent")


urlpatterns = [path("fail/<name>", fail), path("form", form)]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def client(client: Client) -> Client:
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("name", FAILURES)
def test_a_program_reads_what_went_wrong(client: Client, name: str) -> None:
    _error, status, code = FAILURES[name]
    response = client.get(f"/fail/{name}", headers={"accept": "application/json"})
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["reference"] == response["X-Request-Id"]
    assert "hunter2" not in response.text


@pytest.mark.parametrize("name", FAILURES)
def test_a_person_reads_what_went_wrong(client: Client, name: str) -> None:
    response = client.get(f"/fail/{name}", headers={"accept": "text/html,application/json;q=0.9"})
    assert response["Content-Type"].startswith("text/html")
    assert response.status_code == FAILURES[name][1]
    assert response["X-Request-Id"] in response.text
    assert "hunter2" not in response.text


@pytest.mark.parametrize(
    ("name", "seconds"), [("wait", "90"), ("limited", "7"), ("database", "5"), ("crash", None)]
)
def test_who_should_wait_is_told_how_long(client: Client, name: str, seconds: str | None) -> None:
    assert client.get(f"/fail/{name}").get("Retry-After") == seconds


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_form_without_its_token_is_explained(accept: str) -> None:
    response = Client(enforce_csrf_checks=True).post("/form", headers={"accept": accept})
    assert response.status_code == 403
    assert "This form is out of date" in response.text
    assert ('"code": "csrf"' in response.text) is (accept == "application/json")


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize(
    ("path", "headers", "status"), [("/nowhere", {}, 404), ("/form", {"host": "evil.example"}, 400)]
)
def test_what_never_reached_a_view_is_explained_too(
    client: Client, accept: str, path: str, headers: dict[str, str], status: int
) -> None:
    response = client.get(path, headers={"accept": accept, **headers})
    assert response.status_code == status
    assert accept.removeprefix("application/").removeprefix("text/") in response["Content-Type"]
    assert "evil" not in response.text


def test_only_the_first_refusal_of_a_limit_leaves_evidence(client: Client, monkeypatch: Any) -> None:
    seen: list[Any] = []

    def receiver(**news: Any) -> None:
        seen.append((news["kind"], news["detail"]))

    request_refused.connect(receiver)
    for is_first in (True, False):
        verdict = Verdict(allowed=False, retry_after=7, is_first=is_first)
        monkeypatch.setitem(FAILURES, "limited", (RateLimited("door", verdict), 429, "too_many"))
        client.get("/fail/limited")
    request_refused.disconnect(receiver)
    assert seen == [("limit", "door")]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "in 0 minutes"), (1, "in 1 minute."), (60, "in 1 minute."), (61, "in 2 minutes")],
)
def test_waiting_is_told_in_whole_minutes_rounded_up(seconds: int, text: str) -> None:
    assert text in str(TooMany(seconds).detail)
