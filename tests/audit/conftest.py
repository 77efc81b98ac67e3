from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from audit import chain
from tests.audit.switch import DISABLE, ENABLE


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
