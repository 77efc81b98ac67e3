"""Every request leaves one line and one count, and neither says more than it must."""

from typing import Any

import pytest
import structlog
from django.test import Client
from prometheus_client import REGISTRY

from core.requests import route_of

pytestmark = pytest.mark.django_db


def counted(method: str, route: str, status: int) -> float:
    labels = {"method": method, "route": route, "status": str(status)}
    return REGISTRY.get_sample_value("identity_requests_total", labels) or 0


def logged(client: Client, method: str, path: str, **options: Any) -> list[Any]:
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        client.generic(method, path, **options)
    return [line for line in lines if line["event"] == "request"]


def test_a_request_is_one_line(client: Client) -> None:
    (line,) = logged(
        client, "GET", "/account/login/?next=/secret", headers={"x-forwarded-for": "203.0.113.9"}
    )
    assert line.pop("milliseconds") >= 0
    assert len(line.pop("request_id")) == 16
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "route": "account_login",
        "status": 200,
        "address": "203.0.113.9",
    }


def test_the_line_has_the_reference_that_the_reader_sees(client: Client) -> None:
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        response = client.get("/no/such/page", headers={"x-request-id": "chosen"})
    assert lines[-1]["request_id"] == response["X-Request-Id"] != "chosen"


def test_nothing_of_a_request_is_left_for_the_next(client: Client) -> None:
    client.get("/account/login/")
    assert structlog.contextvars.get_contextvars() == {}


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/static/no-such.css"])
def test_what_machines_ask_all_day_is_counted_and_not_logged(client: Client, path: str) -> None:
    route = path.split("/")[1]
    before = sum(counted("GET", route, status) for status in (200, 404))
    assert logged(client, "GET", path) == []
    assert sum(counted("GET", route, status) for status in (200, 404)) == before + 1


@pytest.mark.parametrize("path", ["/no/such/page", "/account/nothing", "/wp-login.php", "/livez/"])
def test_unknown_addresses_share_one_label(client: Client, path: str) -> None:
    before = counted("GET", "unmatched", 404)
    (line,) = logged(client, "GET", path)
    assert (line["route"], line["status"]) == ("unmatched", 404)
    assert counted("GET", "unmatched", 404) == before + 1


@pytest.mark.parametrize("method", ["BREW", "PROPFIND", "TRACE", "X" * 1000])
def test_odd_methods_share_one_label(client: Client, method: str) -> None:
    before = counted("OTHER", "unmatched", 404)
    (line,) = logged(client, method, "/no/such/page")
    assert line["method"] == "OTHER"
    assert counted("OTHER", "unmatched", 404) == before + 1


def test_a_probe_by_another_method_is_an_ordinary_request(client: Client) -> None:
    (line,) = logged(client, "POST", "/livez")
    assert (line["route"], line["status"]) == ("unmatched", 404)


def test_what_is_refused_at_the_door_is_counted_too(client: Client) -> None:
    before = counted("GET", "unmatched", 400)
    (line,) = logged(client, "GET", "/account/%00/")
    assert line["status"] == 400
    assert counted("GET", "unmatched", 400) == before + 1


def test_a_crash_is_logged_with_its_status(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr("accounts.views.home.render", None)
    (line,) = logged(client, "GET", "/account/signed-out/")
    assert (line["route"], line["status"]) == ("accounts:signed-out", 500)


def test_the_time_of_a_request_is_measured_by_route(client: Client) -> None:
    def number() -> float:
        return REGISTRY.get_sample_value("identity_request_seconds_count", {"route": "account_login"}) or 0

    before = number()
    client.get("/account/login/?next=/secret")
    assert number() == before + 1


def test_a_mark_that_is_no_text_is_no_route(rf: Any) -> None:
    request = rf.get("/no/such/page")
    request.resolver_match, request.route = None, object()
    assert route_of(request) == "unmatched"
