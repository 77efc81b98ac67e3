"""Pages that begin where the last one ended, at the same cost however deep in the list that is."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet

Position = tuple[Any, ...]
LONGEST = 600


@dataclass(frozen=True)
class Order:
    """Columns that are never null, `-` before those that go down; the last one tells any two rows apart."""

    model: type[Model]
    columns: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.removeprefix("-") for column in self.columns)

    def position_of(self, row: Model) -> Position:
        return tuple(getattr(row, name) for name in self.names)

    def past(
        self, rows: QuerySet[Any], position: Position | None, *, backwards: bool = False
    ) -> QuerySet[Any]:
        """What comes after this position, nearest first; backwards what comes before it."""
        ordered = rows.order_by(*map(_turned, self.columns) if backwards else self.columns)
        return ordered if position is None else ordered.filter(self._beyond(position, backwards=backwards))

    def is_past(self, one: Position, other: Position) -> bool:
        """The same for two positions at hand."""
        for column, mine, theirs in zip(self.columns, one, other, strict=True):
            if mine != theirs:
                return bool(mine < theirs) if column.startswith("-") else bool(mine > theirs)
        return False

    def sorted(self, positions: Sequence[Position]) -> list[Position]:
        found = list(positions)
        for place, column in reversed(list(enumerate(self.columns))):
            found.sort(key=lambda position, place=place: position[place], reverse=column.startswith("-"))  # type: ignore[misc]
        return found

    def spell(self, position: Position) -> str:
        return urlsafe_b64encode(json.dumps(position, cls=DjangoJSONEncoder).encode()).decode().rstrip("=")

    def read(self, text: str) -> Position | None:
        """None for the very end; whatever else is no position of this order is refused."""
        if not text:
            return None
        try:
            padded = text[:LONGEST] + "=" * (-len(text[:LONGEST]) % 4)
            values = json.loads(urlsafe_b64decode(padded.encode()))
            return tuple(
                self._field(name).to_python(_plain(value))
                for name, value in zip(self.names, values, strict=True)
            )
        except (ValueError, TypeError, binascii.Error, ValidationError):
            raise BadRequest from None

    def batches(self, rows: QuerySet[Any], size: int) -> Iterator[list[Any]]:
        """All of them, in constant memory: no cursor stays open, and no time limit strikes."""
        position: Position | None = None
        while batch := list(self.past(rows, position)[:size]):
            yield batch
            position = self.position_of(batch[-1])

    def _field(self, name: str) -> Any:
        return self.model._meta.pk if name == "pk" else self.model._meta.get_field(name)

    def _beyond(self, position: Position, *, backwards: bool) -> Q:
        condition = Q()
        for column, value in reversed(list(zip(self.columns, position, strict=True))):
            name, sign = column.removeprefix("-"), "lt" if column.startswith("-") != backwards else "gt"
            strictly = Q(**{f"{name}__{sign}": value})
            condition = strictly | Q(**{name: value}) & condition if condition else strictly
        # What the index over the first column is asked for; the rest only looks at rows that are as good as next.
        return Q(**{f"{name}__{sign}e": value}) & condition


def _turned(column: str) -> str:
    return column[1:] if column.startswith("-") else f"-{column}"


def _plain(value: Any) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise BadRequest
    return str(value)
