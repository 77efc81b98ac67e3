"""A site of its own for each test, with neighbours that may be killed."""

import re
import subprocess
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.machines.celery import CeleryWorker
from tests.machines.postgres import PostgresCluster
from tests.machines.redis import RedisServer
from tests.machines.smtp import SmtpSink
from tests.machines.web import WebServer


class Visitor:
    """A browser small enough to be watched: keeps cookies, fills in forms."""

    def __init__(self, web: WebServer) -> None:
        self.web = web
        self.cookies: SimpleCookie = SimpleCookie()

    def get(self, path: str) -> Any:
        return self._send("GET", path, None)

    def post(self, path: str, **fields: str) -> Any:
        form = self.get(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
        assert token, f"no form at {path}: {form.status}"
        return self._send("POST", path, urlencode({"csrfmiddlewaretoken": token[1], **fields}))

    def sign_up(self, email: str) -> Any:
        return self.post("/account/signup/", email=email, password1="an untold story of nine lamps")

    def _send(self, method: str, path: str, body: str | None) -> Any:
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())
        response = self.web.request(
            method, path, body, Cookie=cookies, Content_Type="application/x-www-form-urlencoded"
        )
        for header in response.headers.get_all("Set-Cookie") or []:
            self.cookies.load(header)
        return response


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as running:
        yield running


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as running:
        yield running


@pytest.fixture
def around(redis: RedisServer, sink: SmtpSink) -> dict[str, str]:
    return {"REDIS_URL": redis.url, "MAIL_URL": sink.url}


@pytest.fixture
def web(tmp_path: Path, transactional_db: Any, around: dict[str, str]) -> Iterator[WebServer]:
    with WebServer(tmp_path, **around) as running:
        yield running


@pytest.fixture
def worker(tmp_path: Path, transactional_db: Any, around: dict[str, str]) -> Iterator[CeleryWorker]:
    with CeleryWorker(tmp_path, beat=True, **around) as running:
        yield running


@pytest.fixture
def visitor(web: WebServer) -> Visitor:
    return Visitor(web)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a server that was migrated and stopped: every test may break a copy of its own."""
    home = tmp_path_factory.mktemp("migrated")
    with PostgresCluster(home) as running:
        running.migrate()
    return home / "data"


@pytest.fixture
def postgres(tmp_path: Path, migrated: Path) -> Iterator[PostgresCluster]:
    home = tmp_path / "postgres"
    home.mkdir()
    # With their owner, under whom alone PostgreSQL starts.
    subprocess.run(["cp", "-a", migrated, home / "data"], check=True)
    with PostgresCluster(home) as running:
        yield running
