"""The optional service for breached passwords: what it is told, and that it never stands in the way."""

import hashlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from structlog.testing import capture_logs

from accounts.models import User
from accounts.passwords import breach_lookup

SEEN = "an unseen story of nine lamps"
DIGEST = hashlib.sha1(SEEN.encode(), usedforsecurity=False).hexdigest().upper()
PADDING = "0" * 35 + ":0\r\n"


class Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        self.server.answer(self)  # type: ignore[attr-defined]

    def log_message(self, *arguments: Any) -> None:
        pass


def say(text: str, status: int = 200, **headers: str) -> Any:
    def answer(to: Service) -> None:
        to.send_response(status)
        for name, value in headers.items():
            to.send_header(name, value)
        to.send_header("Content-Length", str(len(text)))
        to.end_headers()
        to.wfile.write(text.encode())

    return answer


def drip(to: Service) -> None:
    """A byte now and then, for ever, so that no single read takes long."""
    to.send_response(200)
    to.end_headers()
    try:
        for _ in range(100):
            to.wfile.write(b"0" * 20_000)
            to.wfile.flush()
            time.sleep(0.3)
    except OSError:
        return


def stall(to: Service) -> None:
    time.sleep(1.5)


@pytest.fixture
def service(settings: Any) -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        server.asked, server.daemon_threads = [], True  # type: ignore[attr-defined]
        server.answer = say(f"{PADDING}{DIGEST[5:]}:3\r\n")  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        settings.PASSWORD_BREACH_API_URL = f"http://127.0.0.1:{server.server_address[1]}/range"
        yield server
        server.shutdown()


def test_a_password_that_it_has_seen_is_found(service: Any) -> None:
    assert breach_lookup.has_seen(SEEN)
    assert not breach_lookup.has_seen(SEEN + ".")


def test_it_learns_five_digits_of_a_hash_and_is_asked_for_padding(service: Any) -> None:
    breach_lookup.has_seen(SEEN)
    ((path, headers),) = service.asked
    assert path == f"/range/{DIGEST[:5]}"
    assert headers["Add-Padding"] == "true"
    assert DIGEST[5:] not in str(headers)
    assert "Cookie" not in headers


def test_padding_counts_for_nothing(service: Any) -> None:
    service.answer = say(f"{DIGEST[5:]}:0\r\n")
    assert not breach_lookup.has_seen(SEEN)


@pytest.mark.parametrize(
    "answer",
    [
        say("", 500),
        say(f"{DIGEST[5:]}:3", 429),
        say("", 302, Location="http://192.0.2.1/"),
        say("<html>", 200),
        say("x" * 2_000_000),
        stall,
        drip,
    ],
    ids=["500", "429", "redirect", "nonsense", "flood", "stall", "drip"],
)
def test_a_service_in_trouble_is_not_waited_for(service: Any, answer: Any) -> None:
    service.answer = answer
    begin = time.monotonic()
    assert not breach_lookup.has_seen(SEEN)
    assert time.monotonic() - begin < 3


def test_trouble_is_logged_without_what_was_asked(service: Any, settings: Any) -> None:
    settings.PASSWORD_BREACH_API_URL = "http://127.0.0.1:9/range"
    with capture_logs() as logs:
        assert not breach_lookup.has_seen(SEEN)
    (entry,) = logs
    assert entry["event"] == "breach_lookup_failed"
    assert DIGEST[:5] not in str(entry)
    assert SEEN not in str(entry)


def test_without_an_address_nobody_is_asked(service: Any, settings: Any) -> None:
    settings.PASSWORD_BREACH_API_URL = ""
    assert not breach_lookup.has_seen(SEEN)
    assert service.asked == []


def test_choosing_a_password_asks_and_signing_in_does_not(service: Any, client: Client, alice: User) -> None:
    page = client.post("/account/signup/", {"email": "dora@example.org", "password1": SEEN})
    assert "too common" in page.text
    assert len(service.asked) == 1
    client.post("/account/login/", {"login": alice.email, "password": SEEN})
    assert len(service.asked) == 1
