from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

from audit import chain, keys

DISABLE = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE audit_event DISABLE TRIGGER USER;
ALTER TABLE audit_seal DISABLE TRIGGER USER;
"""
ENABLE = """
ALTER TABLE audit_event ENABLE TRIGGER audit_event_in_time;
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_append_only;
ALTER TABLE audit_seal ENABLE ALWAYS TRIGGER audit_seal_append_only;
SET CONSTRAINTS ALL DEFERRED;
"""


@pytest.fixture(autouse=True, scope="session")
def _flush_past_append_only() -> Iterator[None]:
    """Transactional tests end with TRUNCATE, which the log refuses to everybody; only here it is let through."""
    sql_flush = DatabaseOperations.sql_flush

    def flush(self: DatabaseOperations, style: Any, tables: Any, **options: Any) -> list[str]:
        statements = sql_flush(self, style, tables, **options)
        return [DISABLE, *statements, ENABLE] if "audit_event" in tables else statements

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", flush)
        yield


@pytest.fixture(autouse=True)
def _forget_keys() -> Iterator[None]:
    """The keys go with the database of each test."""
    keys.cache.clear()
    yield
    keys.cache.clear()


@pytest.fixture
def tamper() -> Callable[..., None]:
    """Somebody with every right in the database, and without the key ring."""

    def run(sql: str, *parameters: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(DISABLE)
            cursor.execute(sql, parameters)
            cursor.execute(ENABLE)

    return run


@pytest.fixture
def sealer_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Sets the sealer's clock ahead, or back, of the database's."""
    now = chain._database_time

    def shift(by: timedelta) -> None:
        monkeypatch.setattr(chain, "_database_time", lambda: now() + by)

    return shift
