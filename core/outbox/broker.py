"""Waking a worker. Mail does not depend on it: what nobody was woken for, the beat schedule finds."""

import structlog
from celery import current_app
from kombu.exceptions import KombuError

from core.redis import Breaker

log = structlog.get_logger(__name__)

TASK = "core.tasks.deliver_mail"
EXPIRES_SECONDS = 30
breaker = Breaker()


def nudge() -> None:
    if breaker.is_open:
        return
    try:
        current_app.send_task(TASK, expires=EXPIRES_SECONDS, retry=False)
    except (KombuError, OSError) as error:
        breaker.trip(error)


def ping() -> str:
    if breaker.is_open:
        return "unavailable"
    try:
        with current_app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    except (KombuError, OSError) as error:
        breaker.trip(error)
        return "unavailable"
    return "ok"
