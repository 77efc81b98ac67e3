"""Limits hold in Redis, in PostgreSQL when Redis is away, and say what they do when neither answers."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from core import ratelimit, redis
from core.models import RateCounter
from core.ratelimit import Limit, RateLimited, counter_name, enforce, hit, parsed
from core.retention import prune

ALLOW, DENY = "allow", "deny"


@pytest.fixture(autouse=True)
def limits(settings: Any) -> None:
    settings.RATE_LIMITS = {"door.knock": "3/10m", "door.quick": "1/1s", "other.knock": "3/10m"}


@pytest.fixture
def no_redis(settings: Any) -> None:
    settings.REDIS_URL = ""


@pytest.fixture(params=["redis", "postgres"])
def store(request: pytest.FixtureRequest, settings: Any, db: Any) -> str:
    if request.param == "postgres":
        settings.REDIS_URL = ""
    return str(request.param)


def test_the_limit_is_reached_and_not_passed(store: str) -> None:
    assert [hit("door.knock", "a", on_error=DENY).allowed for _ in range(5)] == [True] * 3 + [False] * 2


def test_the_waiting_time_is_honest(store: str) -> None:
    for _ in range(3):
        hit("door.knock", "a", on_error=DENY)
    assert 595 <= hit("door.knock", "a", on_error=DENY).retry_after <= 600


def test_waiting_helps(store: str) -> None:
    assert hit("door.quick", "a", on_error=DENY).allowed
    assert not hit("door.quick", "a", on_error=DENY).allowed
    time.sleep(1.1)
    assert hit("door.quick", "a", on_error=DENY).allowed


def test_only_the_first_refusal_is_marked(store: str) -> None:
    verdicts = [hit("door.knock", "a", on_error=DENY) for _ in range(5)]
    assert [verdict.is_first for verdict in verdicts] == [False, False, False, True, False]


def test_keys_and_purposes_count_apart(store: str) -> None:
    for _ in range(3):
        hit("door.knock", "a", on_error=DENY)
    assert hit("door.knock", "b", on_error=DENY).allowed
    assert hit("other.knock", "a", on_error=DENY).allowed


def test_enforcing_raises_with_the_time_to_wait(store: str) -> None:
    for _ in range(3):
        enforce("door.knock", "a", on_error=DENY)
    with pytest.raises(RateLimited) as caught:
        enforce("door.knock", "a", on_error=DENY)
    assert caught.value.purpose == "door.knock"
    assert caught.value.retry_after > 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", ["redis", ""])
def test_attempts_at_once_are_all_counted(settings: Any, url: str) -> None:
    settings.REDIS_URL = settings.REDIS_URL if url else ""

    def knock(_: int) -> bool:
        try:
            return hit("door.knock", "a", on_error=DENY).allowed
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(knock, range(24))) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice@example.org", " ALICE@Example.org "),
        ("alice@example.org", "ａlice@example.org"),
        ("2001:db8::1", "2001:db8::ffff"),
        ("2001:db8::1", "2001:DB8:0:0:1::"),
        ("\ud800", "?"),
    ],
)
def test_spelling_does_not_vary_a_key(one: str, other: str) -> None:
    assert counter_name("door.knock", one) == counter_name("door.knock", other)


def test_a_key_does_not_tell_whose_it_is() -> None:
    assert "alice" not in counter_name("door.knock", "alice@example.org")


@pytest.mark.django_db
def test_redis_gone_means_postgres_counts(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert [hit("door.knock", "a", on_error=DENY).allowed for _ in range(4)] == [True] * 3 + [False]
    assert RateCounter.objects.get().count == 4
    assert redis.breaker.is_open


@pytest.fixture
def no_database(no_redis: None, monkeypatch: pytest.MonkeyPatch, db: Any) -> Iterator[None]:
    """The table is gone for a moment, which is how a database error looks from here."""
    monkeypatch.setattr(ratelimit, "POSTGRES_STATEMENT", "SELECT no_such_function()")
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ROLLBACK TO SAVEPOINT before")


@pytest.mark.parametrize(("on_error", "allowed"), [(DENY, False), (ALLOW, True)])
def test_with_neither_the_caller_decides(no_database: None, on_error: Any, allowed: bool) -> None:
    verdict = hit("door.knock", "a", on_error=on_error)
    assert verdict.allowed is allowed
    assert verdict.retry_after > 0


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("5/10m", Limit(5, 600)),
        ("1/s", Limit(1, 1)),
        ("100/1h", Limit(100, 3600)),
        ("3/2d", Limit(3, 172_800)),
    ],
)
def test_a_limit_reads_as_it_is_written(text: str, limit: Limit) -> None:
    assert parsed(text) == limit


@pytest.mark.parametrize("text", ["", "5", "5/10", "5/m10", "-1/10m", "5/10w", "5 / 10m"])
def test_a_limit_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="5/10m"):
        parsed(text)


def test_an_unnamed_purpose_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        hit("nobody.knows", on_error=DENY)


@pytest.mark.django_db
def test_ended_windows_are_pruned(no_redis: None) -> None:
    hit("door.quick", "a", on_error=DENY)
    hit("door.knock", "a", on_error=DENY)
    time.sleep(1.1)
    prune()
    assert RateCounter.objects.count() == 1


# --- In batches ---------------------------------------------------------------------------------------


ALLOWED = 1000


@pytest.fixture
def batches(settings: Any) -> None:
    settings.RATE_LIMITS = {"door.many": f"{ALLOWED}/10m"}


def test_a_rough_limit_holds_to_the_batch(store: str, batches: None) -> None:
    for _ in range(ALLOWED):
        ratelimit.enforce_roughly("door.many", "a", on_error=ALLOW)
    with pytest.raises(RateLimited) as caught:
        ratelimit.enforce_roughly("door.many", "a", on_error=ALLOW)
    assert 0 < caught.value.retry_after <= 600
    ratelimit.enforce_roughly("door.many", "b", on_error=ALLOW)


def test_it_asks_once_for_many(store: str, batches: None, monkeypatch: Any) -> None:
    asked = []
    monkeypatch.setattr(ratelimit, "hit", lambda *args, **how: asked.append(args) or hit(*args, **how))
    for _ in range(2 * ratelimit.LARGEST_BATCH):
        ratelimit.enforce_roughly("door.many", "a", on_error=ALLOW)
    assert len(asked) == 2


@pytest.mark.parametrize("allowed", [1, 5, 39, 40, 100])
def test_a_small_limit_holds_to_the_one(store: str, settings: Any, allowed: int) -> None:
    settings.RATE_LIMITS = {"door.few": f"{allowed}/10m"}
    for _ in range(allowed):
        ratelimit.enforce_roughly("door.few", "a", on_error=ALLOW)
    with pytest.raises(RateLimited):
        ratelimit.enforce_roughly("door.few", "a", on_error=ALLOW)


def test_whoever_is_refused_asks_nobody_until_it_is_over(batches: None, monkeypatch: Any) -> None:
    for _ in range(ALLOWED):
        ratelimit.enforce_roughly("door.many", "a", on_error=ALLOW)
    for _ in range(2):
        with pytest.raises(RateLimited):
            ratelimit.enforce_roughly("door.many", "a", on_error=ALLOW)
        monkeypatch.setattr(ratelimit, "hit", lambda *args, **how: pytest.fail("asked"))


def test_the_callers_that_are_remembered_are_few(batches: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(ratelimit, "BATCHES_KEPT", 3)
    for name in "abcdef":
        ratelimit.enforce_roughly("door.many", name, on_error=ALLOW)
    assert len(ratelimit._batches) <= 3


def test_asking_now_and_then_does_not_count_twentyfold(batches: None, monkeypatch: Any) -> None:
    """Of many processes, each sees a caller only now and then."""
    started = time.monotonic()
    for number in range(10):
        monkeypatch.setattr(time, "monotonic", lambda number=number: started + 40 * number)
        ratelimit.enforce_roughly("door.many", "a", on_error=ALLOW)


def test_what_is_left_of_a_batch_ends_with_its_window(batches: None, monkeypatch: Any) -> None:
    asked = []
    monkeypatch.setattr(ratelimit, "hit", lambda *args, **how: asked.append(args) or hit(*args, **how))
    started = time.monotonic()
    for later in (0, 1, 600, 602, 603):
        monkeypatch.setattr(time, "monotonic", lambda later=later: started + later)
        ratelimit.enforce_roughly("door.many", "a", on_error=ALLOW)
    assert len(asked) == 2


def test_whoever_comes_once_is_not_asked_about(batches: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(ratelimit, "hit", lambda *args, **how: pytest.fail("asked"))
    for name in "abcdef":
        ratelimit.enforce_roughly("door.many", name, on_error=ALLOW)


def test_threads_that_share_the_last_of_a_batch_are_not_refused_by_it(batches: None) -> None:
    """Both find one left, and both take it; whoever comes then begins another batch."""
    for _ in range(2):
        ratelimit.enforce_roughly("door.many", "a", on_error=ALLOW)
    ratelimit._batches["door.many", "a"].left = -1
    ratelimit.enforce_roughly("door.many", "a", on_error=ALLOW)
