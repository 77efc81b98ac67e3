"""How many rows a list has, without counting a million of them."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _

# Up to here it is counted.
EXACT = 1000


@dataclass(frozen=True)
class Count:
    number: int
    is_exact: bool = True
    is_more: bool = False

    def __str__(self) -> str:
        shown = number_format(self.number, force_grouping=True)
        if self.is_more:
            return _("more than %(number)s") % {"number": shown}
        return shown if self.is_exact else _("about %(number)s") % {"number": shown}


def is_whole(rows: QuerySet[Any]) -> bool:
    """Whether nothing narrows it down: then the database knows about how many there are."""
    return not rows.query.where and not rows.query.is_sliced


def estimated(rows: QuerySet[Any]) -> Count | None:
    """As of the last time that PostgreSQL looked through the table; None where it never did, or found few."""
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(rows.model._meta.db_table)
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        (number,) = cursor.fetchone()
    return Count(_rounded(number), is_exact=False) if number > EXACT else None


def _rounded(number: int) -> int:
    """To three digits: more would look like knowledge."""
    unit: int = 10 ** (len(str(number)) - 3)
    return round(number / unit) * unit
