"""Encrypting anew, under the newest key of the ring, what older ones still protect. The site goes on meanwhile."""

from collections.abc import Callable, Iterator

from django.apps import apps
from django.db import connection
from psycopg import sql

from core import crypto
from core.fields import EncryptedTextField

BATCH = 500

# The value read is part of the condition: what somebody wrote meanwhile is newer, and stays.
UPDATE = "UPDATE {table} SET {column} = %s WHERE {pk} = %s AND {column} = %s"
OUTDATED = "SELECT {pk}, {column} FROM {table} WHERE substr({column}, 1, %s) <> %s LIMIT %s"

_others: dict[str, Callable[[], int]] = {}


def register(name: str, rotate: Callable[[], int]) -> None:
    """For ciphertexts that are not in an EncryptedTextField; `rotate` answers how many it encrypted anew."""
    _others[name] = rotate


def rotate() -> dict[str, int]:
    """How many values were encrypted anew, by name. It may be stopped and started again at any time."""
    done = {field.context: rotate_column(field) for field in _columns()}
    return done | {name: rotate_other() for name, rotate_other in _others.items()}


def rotate_column(field: EncryptedTextField) -> int:
    total = 0
    while rows := _outdated(field):
        for pk, sealed in rows:
            _encrypt_anew(field, pk, sealed)
        total += len(rows)
    return total


def _columns() -> Iterator[EncryptedTextField]:
    for model in apps.get_models():
        yield from (field for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField))


def _outdated(field: EncryptedTextField) -> list[tuple[int, bytes]]:
    current = crypto.current_prefix()
    with connection.cursor() as cursor:
        cursor.execute(_statement(OUTDATED, field), [len(current), current, BATCH])
        return [(pk, bytes(sealed)) for pk, sealed in cursor.fetchall()]


def _encrypt_anew(field: EncryptedTextField, pk: int, sealed: bytes) -> None:
    plain = crypto.decrypt(sealed, context=field.context)
    with connection.cursor() as cursor:
        fresh = crypto.encrypt(plain, context=field.context)
        cursor.execute(_statement(UPDATE, field), [fresh, pk, sealed])


def _statement(text: str, field: EncryptedTextField) -> sql.Composed:
    meta = field.model._meta
    return sql.SQL(text).format(
        table=sql.Identifier(meta.db_table),
        column=sql.Identifier(field.column or ""),
        pk=sql.Identifier(meta.pk.column or ""),
    )
