"""Seals: batches of events, chained by keyed digests, so that the log cannot be rewritten behind our back.

An event may turn up late: it took its number, then its transaction went on while later events were sealed. The
sealer looks back for such events, yet only so far that a forger cannot slip one in between old ones. Each seal
notes when the sealer last saw everything (`complete_at`). Whatever is honest and was not there to be seen had not
been committed; no transaction commits an event older than ten minutes (a trigger sees to that); so whatever turns
up older than `complete_at` less fifteen minutes is a forgery. It is not sealed, and verification names it. When the
sealer was away for hours, `complete_at` is as old, and all that happened meanwhile is sealed.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import BigIntegerField, F, Func, QuerySet
from django.db.models.functions import Now

from audit import leaves
from audit.models import Event, Seal
from core import crypto

log = structlog.get_logger(__name__)

BATCH = 1000
LATENESS = timedelta(minutes=15)
# In quiet times an empty seal says that there was nothing.
HEARTBEAT = timedelta(minutes=15)
NO_SEAL = bytes(32)
LOCK = 0x61756469745F6C67  # Any number will do that nothing else in this database locks.


def seal() -> int:
    """Seals all that waits and answers how many events; while another sealer is at work, it leaves them to it."""
    looked_at = _database_time()
    late = _seal_all(_latecomers, looked_at=None)
    return late + _seal_all(_newcomers, looked_at=looked_at)


def earliest_honest(complete_at: datetime | None) -> datetime | None:
    """No honest event that is not sealed yet can be older; None when nothing is known."""
    return complete_at and complete_at - LATENESS
