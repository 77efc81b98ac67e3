"""The machines that tests of outages rely on: each is started, broken and mended once."""

import smtplib

import psycopg
import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.machines.celery import CeleryWorker
from tests.machines.postgres import PostgresCluster
from tests.machines.redis import RedisServer
from tests.machines.smtp import SmtpSink
from tests.machines.web import WebServer

pytestmark = pytest.mark.faults


def test_postgres(tmp_path):
    def ask():
        with psycopg.connect(postgres.url, connect_timeout=1) as connection:
            return connection.execute("SELECT 1").fetchone()

    with PostgresCluster(tmp_path) as postgres:
        assert ask()
        for break_it, mend_it in ((postgres.kill, postgres.start), (postgres.freeze, postgres.thaw)):
            break_it()
            with pytest.raises(psycopg.OperationalError):
                ask()
            mend_it()
            assert ask()


def test_redis(tmp_path):
    def ask():
        with Redis.from_url(redis.url, socket_timeout=0.3) as client:
            return client.ping()

    with RedisServer(tmp_path) as redis:
        assert ask()
        for break_it, mend_it in ((redis.kill, redis.start), (redis.freeze, redis.thaw)):
            break_it()
            with pytest.raises(RedisError):
                ask()
            mend_it()
            assert ask()


def test_smtp():
    def send():
        with smtplib.SMTP("127.0.0.1", sink.port, timeout=0.5) as client:
            client.sendmail("a@example.org", "b@example.org", "Subject: Hello\n\nHow are you?")

    with SmtpSink() as sink:
        for mood in ("defer", "refuse", "hang"):
            sink.mood = mood
            with pytest.raises(smtplib.SMTPException):
                send()
        sink.mood = "accept"
        sink.restart()
        send()
    assert [message["Subject"] for message in sink.messages] == ["Hello"]


@pytest.mark.django_db
def test_web(tmp_path):
    with WebServer(tmp_path) as web:
        assert web.request("GET", "/account/login/").status == 200
        web.kill()
        with pytest.raises(ConnectionError):
            web.request("GET", "/livez")
        web.start()
        assert web.request("GET", "/readyz").status == 200


@pytest.mark.django_db
def test_celery(tmp_path):
    with CeleryWorker(tmp_path) as worker:
        worker.kill()
        worker.start()
        assert worker.running.exit_status is None
