"""Waking a worker. Nothing depends on it: what nobody was woken for, the beat schedule finds."""

from celery import current_app
from django.conf import settings
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from core.redis import Breaker, connect

TASK = "core.tasks.deliver_mail"
EXPIRES_SECONDS = 30
FAILURES = (KombuError, RedisError, OSError)
breaker = Breaker()


def nudge(task: str = TASK) -> None:
    if breaker.is_open:
        return
    try:
        _expect_answer()
        current_app.send_task(task, expires=EXPIRES_SECONDS, retry=False)
    except FAILURES as error:
        breaker.trip(error)


def ping() -> str:
    if breaker.is_open:
        return "unavailable"
    try:
        _expect_answer()
    except FAILURES as error:
        breaker.trip(error)
        return "unavailable"
    return "ok"


def _expect_answer() -> None:
    """Fails at once where kombu would try for six seconds, with a person waiting for the page."""
    if settings.BROKER_URL.startswith(("redis://", "rediss://")):
        connect(settings.BROKER_URL).ping()
    else:
        with current_app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=1)
