"""A session that is no row of the table: what a program's sign-in remembers, in the shape that our flows know."""

from typing import Any

from django.contrib.sessions.backends.base import SessionBase


class MemorySession(SessionBase):
    """Gone with its request, unless a subclass keeps its content."""

    _session_cache: dict[str, Any]

    def __init__(self, content: dict[str, Any] | None = None) -> None:
        super().__init__(None)
        self._session_cache = {} if content is None else content

    def load(self) -> dict[str, Any]:
        return self._session_cache

    def save(self, must_create: bool = False) -> None:
        """Nothing lasts."""

    def create(self) -> None:
        """It is there as long as its request."""

    def exists(self, session_key: str) -> bool:
        return False

    def delete(self, session_key: str | None = None) -> None:
        self._session_cache.clear()

    def flush(self) -> None:
        self._session_cache.clear()

    def cycle_key(self) -> None:
        """It has no key that somebody could have copied."""
