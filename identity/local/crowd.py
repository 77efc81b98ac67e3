"""Crowds of people, straight into the tables: one statement for each, whatever the number of rows."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

DEFAULTS = {uuid.uuid4: "gen_random_uuid()", timezone.now: "now()"}


class Table(NamedTuple):
    """What to insert into, from where, and by column what differs from the model's defaults."""

    model: type[models.Model]
    source: str
    columns: Mapping[str, str]


def gather(cursor: CursorWrapper, tables: Sequence[Table], values: Mapping[str, Any]) -> None:
    """In a transaction. Keys between tables hold as it is: to check a million of each would take longer than to
    write them. Only a superuser of the database may leave that out."""
    cursor.execute("SET LOCAL statement_timeout = 0")
    cursor.execute("SET LOCAL session_replication_role = replica")
    for table in tables:
        fill(cursor, table, values)
    cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def fill(cursor: CursorWrapper, table: Table, values: Mapping[str, Any]) -> None:
    expressions, literals = dict(table.columns), dict(values)
    for field in table.model._meta.concrete_fields:
        if field.attname not in table.columns and not _fills_itself(field):
            expressions[field.attname] = DEFAULTS.get(field.default) or f"%({field.attname})s"
            literals[field.attname] = field.get_db_prep_save(field.get_default(), connection)
    names = ", ".join(map(connection.ops.quote_name, expressions))
    # All of it stands in our own files and models.
    select = f"SELECT {', '.join(expressions.values())} FROM {table.source}"  # noqa: S608
    cursor.execute(f"INSERT INTO {table.model._meta.db_table} ({names}) {select}", literals)


def _fills_itself(field: "models.Field[Any, Any]") -> bool:
    return field.null or field.has_db_default() or isinstance(field, models.AutoField)
