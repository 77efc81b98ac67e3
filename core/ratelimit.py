"""How often something may happen: limits named by purpose in settings.RATE_LIMITS, such as "5/10m".

A window starts with the first attempt and ends by itself; attempts during a refusal do not extend it. Counting is
one atomic step in Redis, or in PostgreSQL when Redis is away. When neither answers, `on_error` decides, and the
caller has to say which: "deny" for whatever guards a secret, "allow" for whatever merely saves work.
"""

import functools
import re
import time
import unicodedata
from dataclasses import dataclass
from typing import Literal

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from redis.exceptions import RedisError

from core import crypto
from core.client import network
from core.metrics import RATE_LIMITED
from core.redis import breaker, client

log = structlog.get_logger(__name__)

LIMIT = re.compile(r"(\d+)/(\d*)([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
RETRY_AFTER_ERROR = 30

# Of frequent and harmless requests a process takes this part of what is allowed off the shared counter at once, and
# counts them itself: so many processes can serve one caller before any of them refuses too early.
PARTS = 20
# What more would save, nobody feels.
LARGEST_BATCH = 50
# More callers than this within their windows, and the oldest of them are counted anew.
BATCHES_KEPT = 10_000

# Counts, starts the window with the first count, and answers how long it still lasts.
REDIS_SCRIPT = """
local count = redis.call('INCRBY', KEYS[1], ARGV[2])
local left = redis.call('TTL', KEYS[1])
if left < 0 then redis.call('EXPIRE', KEYS[1], ARGV[1]); left = tonumber(ARGV[1]) end
return {count, left}
"""
POSTGRES_STATEMENT = """
INSERT INTO core_ratecounter AS counter (key, count, ends_at)
VALUES (%(key)s, %(steps)s, clock_timestamp() + make_interval(secs => %(seconds)s))
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN counter.ends_at <= clock_timestamp() THEN EXCLUDED.count ELSE counter.count + EXCLUDED.count END,
  ends_at = CASE WHEN counter.ends_at <= clock_timestamp() THEN EXCLUDED.ends_at ELSE counter.ends_at END
RETURNING count, ceil(extract(epoch FROM ends_at - clock_timestamp()))::int
"""


class RateLimited(Exception):
    """Too many attempts; `retry_after` is how many seconds are left, `is_first` marks the first refusal in them."""

    def __init__(self, purpose: str, verdict: "Verdict") -> None:
        super().__init__(purpose)
        self.purpose = purpose
        self.retry_after = verdict.retry_after
        self.is_first = verdict.is_first


@dataclass(frozen=True)
class Limit:
    count: int
    seconds: int


@dataclass(frozen=True)
class Verdict:
    allowed: bool
    retry_after: int = 0
    is_first: bool = False


def enforce(purpose: str, key: str = "", *, on_error: Literal["deny", "allow"]) -> None:
    """Counts one attempt and raises RateLimited when it is one too many."""
    verdict = hit(purpose, key, on_error=on_error)
    if not verdict.allowed:
        raise RateLimited(purpose, verdict)


def leaves_evidence(address: str) -> bool:
    """Of a refusal, in the audit log: whoever is refused all day must not fill the log with it."""
    return hit("evidence.address", address, on_error="deny").allowed


def enforce_roughly(purpose: str, key: str = "", *, on_error: Literal["deny", "allow"]) -> None:
    """The same within a batch for each process, without asking anybody most of the time.

    For limits that keep one caller from crowding out the others, never for those that guard a secret.
    """
    limit, now = parsed(settings.RATE_LIMITS[purpose]), time.monotonic()
    size = min(LARGEST_BATCH, limit.count // PARTS)
    if size < 2:
        return enforce(purpose, key, on_error=on_error)
    batch = _batches.get((purpose, key))
    if batch is None or now >= batch.until:
        # Most callers come once in a window: who comes again pays for this one as well.
        return _remember(purpose, key, Batch(-1, now + limit.seconds))
    if batch.is_refusal:
        raise RateLimited(purpose, Verdict(allowed=False, retry_after=max(1, round(batch.until - now))))
    # Of threads that take the last one at once each gets it: roughly, and never a refusal by mistake.
    if batch.left > 0:
        batch.left -= 1
        return None
    verdict = hit(purpose, key, on_error=on_error, steps=size)
    if not verdict.allowed:
        _remember(purpose, key, Batch(0, now + verdict.retry_after, is_refusal=True))
        raise RateLimited(purpose, verdict)
    return _remember(purpose, key, Batch(size - 1 + batch.left, now + limit.seconds))


@dataclass
class Batch:
    """It lasts as long as a window: whoever asks many processes now and then is not counted twentyfold.

    `left` below nothing is what was taken before anything was counted.
    """

    left: int
    until: float
    is_refusal: bool = False


def _remember(purpose: str, key: str, batch: Batch) -> None:
    if len(_batches) >= BATCHES_KEPT:
        _batches.pop(next(iter(_batches)), None)
    _batches[purpose, key] = batch


_batches: dict[tuple[str, str], Batch] = {}


def forget_batches() -> None:
    _batches.clear()


def hit(purpose: str, key: str = "", *, on_error: Literal["deny", "allow"], steps: int = 1) -> Verdict:
    limit = parsed(settings.RATE_LIMITS[purpose])
    name = counter_name(purpose, key)
    counted = _count_in_redis(name, limit, steps) or _count_in_postgres(name, limit, steps)
    if counted is None:
        return Verdict(on_error == "allow", RETRY_AFTER_ERROR)
    count, left = counted
    if count <= limit.count:
        return Verdict(allowed=True)
    RATE_LIMITED.labels(purpose).inc()
    return Verdict(allowed=False, retry_after=max(left, 1), is_first=count <= limit.count + steps)


def counter_name(purpose: str, key: str) -> str:
    """Keyed and hashed: neither spelling, case nor Unicode varies it, and no address can be read from it."""
    plain = unicodedata.normalize("NFKC", network(key)).lower().strip()
    digest = crypto.mac(plain.encode("utf-8", "replace"), purpose=f"ratelimit:{purpose}").hex()[:32]
    return f"limit:{purpose}:{digest}"


@functools.cache
def parsed(text: str) -> Limit:
    match = LIMIT.fullmatch(text)
    if match is None:
        raise ValueError(f"a rate limit reads like 5/10m, not {text!r}")
    return Limit(count=int(match[1]), seconds=int(match[2] or 1) * SECONDS[match[3]])


def _count_in_redis(name: str, limit: Limit, steps: int) -> tuple[int, int] | None:
    redis = client()
    if redis is None:
        return None
    try:
        count, left = redis.eval(REDIS_SCRIPT, 1, name, limit.seconds, steps)
    except RedisError as error:
        breaker.trip(error)
        return None
    return int(count), int(left)


def _count_in_postgres(name: str, limit: Limit, steps: int) -> tuple[int, int] | None:
    try:
        # A savepoint where the caller has a transaction open: a failure here must not spoil it.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(POSTGRES_STATEMENT, {"key": name, "seconds": limit.seconds, "steps": steps})
            count, left = cursor.fetchone()
    except DatabaseError:
        log.exception("rate_limit_uncounted")
        return None
    return int(count), int(left)
