import json
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from core import health

pytestmark = pytest.mark.django_db


def test_livez_asks_nobody(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        response = client.get("/livez", headers={"host": "10.0.0.7"})
    assert (response.status_code, response.text) == (200, "ok")


def test_readyz_knows_its_neighbours(client: Client) -> None:
    response = client.get("/readyz", headers={"host": "10.0.0.7"})
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "checks": {"database": "ok", "redis": "ok", "broker": "ok"}}


def test_without_redis_it_is_degraded_and_ready(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"]["redis"] == "unavailable"


def test_where_no_redis_is_configured_none_is_missed(client: Client, settings: Any) -> None:
    settings.REDIS_URL = ""
    assert client.get("/readyz").json()["checks"]["redis"] == "unused"


def test_without_the_database_it_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: Any, **kwargs: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", gone)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.json()["checks"]["database"] == "unavailable"


def test_with_a_migration_missing_it_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'core'")
    assert client.get("/readyz").json()["checks"]["database"] == "migrations missing"


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "Basic c2VjcmV0", "Bearer \u00fc"])
def test_metrics_are_not_public(client: Client, settings: Any, authorization: str) -> None:
    settings.METRICS_TOKEN = "right"
    assert client.get("/metrics", headers={"authorization": authorization}).status_code == 404


def test_without_a_token_there_are_no_metrics(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


def test_metrics_count_requests_by_route(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "right"
    client.get("/account/login/?next=/secret-place")
    text = client.get("/metrics", headers={"authorization": "Bearer right"}).text
    assert 'identity_requests_total{method="GET",route="account_login",status="200"}' in text
    assert "secret-place" not in text


def test_a_strange_method_is_not_a_metric(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "right"
    client.generic("EVIL\u0001", "/")
    assert "EVIL" not in client.get("/metrics", headers={"authorization": "Bearer right"}).text


def test_a_browser_may_report_a_violation(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    report = {"csp-report": {"violated-directive": "script-src", "blocked-uri": "inline", "secret": "x"}}
    response = client.post("/csp-report", json.dumps(report), content_type="application/csp-report")
    assert response.status_code == 204
    assert "script-src" in caplog.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b"\xff", b'{"csp-report": []}', b"[" * 100_000])
def test_a_broken_report_is_no_crash(client: Client, body: bytes) -> None:
    assert client.post("/csp-report", body, content_type="application/csp-report").status_code == 204
