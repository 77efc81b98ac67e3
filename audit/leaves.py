"""One SHA-256 per event over all its columns, so that no bit of a row can change unseen."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import DateTimeField, DecimalField, Field, JSONField, QuerySet, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Extract

from audit.models import Event

VERSION = b"audit-event-1"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _exact(field: "Field[Any, Any]") -> Combinable | None:
    """Where Python's value would be less than what is stored: rounded numbers, times out of its range."""
    if isinstance(field, JSONField):
        return Cast(field.name, TextField())
    if isinstance(field, DateTimeField):
        return Extract(field.name, "epoch", tzinfo=UTC, output_field=DecimalField())
    return None


FIELDS = sorted(Event._meta.concrete_fields, key=lambda field: str(field.column))
NAMES = [str(field.column).encode() for field in FIELDS]
EXACT = {f"exact_{field.name}": exact for field in FIELDS if (exact := _exact(field)) is not None}
SOURCES = [f"exact_{field.name}" if f"exact_{field.name}" in EXACT else field.attname for field in FIELDS]
ID, AT = NAMES.index(b"id"), NAMES.index(b"at")


@dataclass(frozen=True, slots=True)
class Leaf:
    event_id: int
    # Seconds since 1970. Not a datetime: that has no infinity, which somebody with SQL could write.
    at: Decimal
    digest: bytes

    def is_older_than(self, moment: datetime) -> bool:
        return self.at * 1_000_000 < (moment - EPOCH) // timedelta(microseconds=1)


def of(events: QuerySet[Event]) -> Iterator[Leaf]:
    for row in events.annotate(**EXACT).values_list(*SOURCES):
        yield Leaf(event_id=row[ID], at=row[AT], digest=_digest(row))


def _digest(row: tuple[Any, ...]) -> bytes:
    """Name and value of each column, each with its length before it; what is null is left out.

    So a nullable column may join the table later without disturbing the leaves of older rows.
    """
    digest = hashlib.sha256(VERSION)
    for name, value in zip(NAMES, row, strict=True):
        if value is not None:
            raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            digest.update(b"%b %d:" % (name, len(raw)))
            digest.update(raw)
    return digest.digest()
