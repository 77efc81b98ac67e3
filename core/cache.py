"""Django's Redis cache, for a Redis that may vanish: what cannot be read is a miss, what cannot be kept is dropped."""

import json
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from core.redis import TIMEOUT_SECONDS, breaker


class JsonSerializer:
    """Values come back from a place that others may write to, so they are never unpickled."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


class ForgivingRedisCache(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "serializer": JsonSerializer(),
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, {**params, "OPTIONS": options})

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try(super().add, False, *args, **kwargs))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(super().get, default, key, default=default, version=version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._try(super().set, None, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try(super().touch, False, *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try(super().delete, False, *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        found: dict[Any, Any] = self._try(super().get_many, {}, *args, **kwargs)
        return found

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        return list(self._try(super().set_many, [], *args, **kwargs) or [])

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._try(super().delete_many, None, *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try(super().has_key, False, *args, **kwargs))

    def clear(self) -> None:
        self._try(super().clear, None)

    def _try(self, call: Callable[..., Any], otherwise: Any, *args: Any, **kwargs: Any) -> Any:
        if breaker.is_open:
            return otherwise
        try:
            return call(*args, **kwargs)
        except RedisError as error:
            breaker.trip(error)
        except ValueError:
            # Not JSON: somebody else's value, or one from before an upgrade.
            return otherwise
        return otherwise
