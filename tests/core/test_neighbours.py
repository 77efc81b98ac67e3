"""Redis, broker and the counters of other processes: present, stale, silent or away."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from celery import Celery
from django.test import Client
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from core import redis
from core.outbox import broker


@pytest.fixture
def breaker() -> redis.Breaker:
    return redis.Breaker(rest=0.05)


def test_a_breaker_rests_after_a_failure_and_heals_by_itself(breaker: redis.Breaker) -> None:
    assert not breaker.is_open
    breaker.trip(RedisConnectionError())
    assert breaker.is_open
    time.sleep(0.06)
    assert not breaker.is_open


def test_an_outage_is_told_once_a_rest(breaker: redis.Breaker) -> None:
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            breaker.trip(RedisConnectionError("with a password"))
        time.sleep(0.06)
        breaker.trip(TimeoutError())
    assert [line["error"] for line in lines] == ["ConnectionError", "TimeoutError"]
    assert "password" not in str(lines)


def test_every_failure_prolongs_the_rest(breaker: redis.Breaker) -> None:
    breaker.trip(RedisError())
    until = breaker.closed_until
    time.sleep(0.001)
    breaker.trip(RedisError())
    assert breaker.closed_until > until


def test_there_is_one_client_and_none_while_it_rests() -> None:
    assert redis.client() is redis.client() is not None
    redis.breaker.trip(RedisError())
    assert redis.client() is None


def test_where_none_is_configured_there_is_no_client(settings: Any) -> None:
    settings.REDIS_URL = ""
    assert redis.client() is None


def test_a_connection_that_went_stale_is_replaced_unnoticed() -> None:
    client = redis.client()
    assert client is not None
    number = client.client_id()
    with Redis.from_url(os.environ["REDIS_URL"]) as other:
        assert other.client_kill_filter(_id=number) == 1
    assert client.ping()
    assert client.client_id() != number


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_server_that_says_nothing_is_given_up_in_time(silent: str) -> None:
    started = time.monotonic()
    with pytest.raises(RedisError):
        redis.connect(silent).ping()
    assert time.monotonic() - started < 4 * redis.TIMEOUT_SECONDS


# --- The broker, where it is not Redis


@pytest.fixture
def folder(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As in development without Redis: a worker reads messages from a directory."""
    settings.BROKER_URL = ""
    app = Celery("files", broker="filesystem://localhost", set_as_current=False)
    for name in ("messages", "control"):
        (tmp_path / name).mkdir()
    messages = str(tmp_path / "messages")
    app.conf.broker_transport_options = {
        "data_folder_in": messages,
        "data_folder_out": messages,
        "control_folder": str(tmp_path / "control"),
    }
    app.conf.task_routes = settings.CELERY_TASK_ROUTES
    monkeypatch.setattr(broker, "current_app", app)
    return tmp_path / "messages"


def test_a_nudge_becomes_a_file_for_the_worker_of_the_mail_queue(folder: Path) -> None:
    broker.nudge()
    (file,) = folder.iterdir()
    message = json.loads(file.read_text())
    assert message["headers"]["task"] == "core.tasks.deliver_mail"
    assert message["headers"]["expires"] is not None
    assert message["properties"]["delivery_info"]["routing_key"] == "mail"
    assert json.loads(base64.b64decode(message["body"]))[:2] == [[], {}]


def test_a_broker_of_files_is_fine(folder: Path) -> None:
    assert broker.ping() == "ok"


@pytest.fixture
def absent(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BROKER_URL = "amqp://127.0.0.1:1//"
    monkeypatch.setattr(
        broker, "current_app", Celery("rabbit", broker=settings.BROKER_URL, set_as_current=False)
    )


def test_another_broker_that_is_away_is_noticed_at_once(absent: None) -> None:
    started = time.monotonic()
    assert broker.ping() == "unavailable"
    assert time.monotonic() - started < 3
    assert broker.breaker.is_open


def test_a_nudge_that_cannot_be_sent_is_no_error_and_the_next_does_not_wait(absent: None) -> None:
    with structlog.testing.capture_logs() as lines:
        broker.nudge()
        broker.nudge()
    assert [line["event"] for line in lines] == ["redis_unavailable"]
    assert broker.ping() == "unavailable"


def test_an_outage_of_the_broker_is_none_of_the_cache(absent: None) -> None:
    broker.nudge()
    assert not redis.breaker.is_open


# --- Counters of several processes

COUNT = """
from prometheus_client import Counter, Gauge
Counter("shared_things", "Counted by several.", ["kind"]).labels("x").inc(2)
"""


def test_metrics_are_those_of_all_processes(
    client: Client, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COUNT], check=True)
    settings.METRICS_TOKEN = "right"
    text = client.get("/metrics", headers={"authorization": "Bearer right"}).text
    assert 'shared_things_total{kind="x"} 4.0' in text


def test_metrics_are_no_guess_from_other_headers(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "right"
    for method in ("post", "put", "options"):
        response = getattr(client, method)("/metrics", headers={"authorization": "Bearer right"})
        assert "identity_requests" not in response.text
