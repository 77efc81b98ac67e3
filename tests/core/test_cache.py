"""A cache that may vanish: misses instead of errors."""

from typing import Any

import pytest
from django.core.cache import cache, caches
from django.core.cache.backends.db import DatabaseCache
from redis import Redis

from core import redis
from core.cache import ForgivingRedisCache


@pytest.fixture
def gone() -> ForgivingRedisCache:
    return ForgivingRedisCache("redis://127.0.0.1:1/0", {})


def test_it_remembers() -> None:
    cache.set("a", {"b": [1, "ü", None]}, 60)
    assert cache.get("a") == {"b": [1, "ü", None]}
    assert cache.add("a", 1) is False
    assert cache.has_key("a")
    assert cache.touch("a", 60)
    assert cache.get_many(["a", "x"]) == {"a": {"b": [1, "ü", None]}}
    assert cache.delete("a")
    assert cache.get("a") is None


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (lambda cache: cache.get("a", "default"), "default"),
        (lambda cache: cache.add("a", 1), False),
        (lambda cache: cache.set("a", 1), None),
        (lambda cache: cache.touch("a"), False),
        (lambda cache: cache.delete("a"), False),
        (lambda cache: cache.get_many(["a"]), {}),
        (lambda cache: cache.set_many({"a": 1}), []),
        (lambda cache: cache.delete_many(["a"]), None),
        (lambda cache: cache.has_key("a"), False),
        (lambda cache: cache.clear(), None),
    ],
)
def test_without_redis_everything_is_a_miss(gone: ForgivingRedisCache, call: Any, answer: Any) -> None:
    assert call(gone) == answer


def test_after_a_failure_it_does_not_ask_again(gone: ForgivingRedisCache) -> None:
    gone.get("a")
    assert redis.breaker.is_open
    assert cache.get("a") is None


@pytest.mark.parametrize("junk", [b"\x80\x04junk", b"not json", b"\xff"])
def test_a_value_of_somebody_else_is_a_miss(junk: bytes, settings: Any) -> None:
    client = Redis.from_url(settings.REDIS_URL)
    client.set(cache.make_key("a"), junk)
    assert cache.get("a") is None
    client.close()


@pytest.mark.django_db
def test_where_there_is_no_redis_the_database_remembers() -> None:
    table = DatabaseCache("core_cache", {})
    table.set("a", 1, 60)
    assert table.get("a") == 1
    assert caches["default"].get("a") is None
