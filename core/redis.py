"""The one connection to Redis, and the breaker that keeps its absence from slowing the site down."""

import functools
import time

import structlog
from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 0.25
REST_SECONDS = 5.0


class Breaker:
    """After a failure, nobody in this process asks again for a few seconds."""

    def __init__(self, rest: float = REST_SECONDS) -> None:
        self.rest = rest
        self.closed_until = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.closed_until

    def trip(self, error: Exception) -> None:
        if not self.is_open:
            log.warning("redis_unavailable", error=type(error).__name__, rest_seconds=self.rest)
        self.closed_until = time.monotonic() + self.rest


breaker = Breaker()


def client() -> Redis | None:
    """A client that answers within a quarter of a second, or None when there is no Redis to ask right now."""
    if not settings.REDIS_URL or breaker.is_open:
        return None
    return connect(settings.REDIS_URL)


@functools.cache
def connect(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        # Once more for a connection that went stale; never for a server that does not answer.
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        health_check_interval=30,
    )
