"""A database that is away, as it looks from inside a page."""

from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError
from django.test import Client

from accounts.models import User
from accounts.session.store import SessionStore

pytestmark = pytest.mark.django_db


def gone(*args: Any, **kwargs: Any) -> Any:
    raise OperationalError("server closed the connection unexpectedly")


def is_an_outage(response: Any) -> bool:
    return response.status_code == 503 and response["Retry-After"] == "5" and "be right back" in response.text


def test_a_session_that_cannot_be_read_is_an_outage(
    as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SessionStore, "_get_session_from_db", gone)
    assert is_an_outage(as_alice.get("/account/"))


def test_a_session_that_cannot_be_written_is_an_outage(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SessionStore, "save", gone)
    data = {"email": "dora@example.org", "password1": "an untold story of nine lamps"}
    assert is_an_outage(client.post("/account/signup/", data))


def test_also_while_debug_would_show_a_traceback(
    as_alice: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.DEBUG = True
    monkeypatch.setattr(SessionStore, "_get_session_from_db", gone)
    assert is_an_outage(as_alice.get("/account/"))


def test_evidence_that_cannot_be_written_stops_the_sign_in(
    client: Client, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.receivers.log.record", gone)
    response = client.post(
        "/account/login/", {"login": alice.email, "password": "an untold story of nine lamps"}
    )
    assert is_an_outage(response)
    monkeypatch.undo()
    assert client.get("/account/").status_code == 302
    alice.refresh_from_db()
    assert alice.last_login is None


def test_evidence_that_cannot_be_written_stops_the_sign_up(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.receivers.log.record", gone)
    data = {"email": "dora@example.org", "password1": "an untold story of nine lamps"}
    assert is_an_outage(client.post("/account/signup/", data))
    assert not User.objects.exists()


def test_a_session_ended_in_the_middle_of_a_request_leads_to_the_door(
    as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*args: Any, **kwargs: Any) -> Any:
        raise UpdateError

    monkeypatch.setattr(SessionStore, "save", ended)
    response = as_alice.post("/account/password/reset/", {"email": "alice@example.org"})
    assert response["Location"] == "/account/login/"
