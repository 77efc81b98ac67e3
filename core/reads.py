"""One prepared read over the thread's kept connection: for what every request of a program asks.

Django asks a kept connection at each request whether it is still there, which costs as much as the read. Here the
read itself finds out: over a connection that has died meanwhile it is made once more, over a new one.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection


def one(statement: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row. The statement must be a constant: the server keeps its plan."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        try:
            return _first(statement, parameters)
        except psycopg.OperationalError:
            if connection.in_atomic_block or not connection.connection.closed:
                raise
    connection.close()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return _first(statement, parameters)


def _first(statement: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    # Not Django's kind of cursor, which writes the parameters into the text.
    with psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement, parameters, prepare=True).fetchone()
