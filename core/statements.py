"""Prepared statements over the thread's kept connection, for the few that every request of a program needs.

Django asks a kept connection at each request whether it is still there, and both it and psycopg's cursors do several
times more around a statement than the server does for it (docs/decisions/0010-prepared-statements.md has numbers).
A read finds out by itself whether the connection still stands, and is made once more, over a new one, if not.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

Row = tuple[Any, ...] | None
# On psycopg's connection, and gone with it: what is prepared there, and what reads its types.
KEPT = "prepared_statements"


class Prepared:
    def __init__(self, raw: "psycopg.Connection[Any]") -> None:
        self.names: dict[str, bytes] = {}
        self.types = Transformer(raw)

    def name_of(self, statement: str, raw: "psycopg.Connection[Any]") -> bytes:
        name = self.names.get(statement)
        if name is None:
            name = self.names[statement] = b"kept_%d" % len(self.names)
            raw.pgconn.prepare(name, statement.encode())
        return name


def read(statement: str, *parameters: object) -> Row:
    """The first row. `statement` is a constant with $1 and so on; parameters are passed as the text they spell."""
    with connection.wrap_database_errors:
        try:
            row = _run(statement, parameters)
        except psycopg.OperationalError:
            if connection.in_atomic_block:
                raise
            row = None
        else:
            # It has just proved to be there, which Django need not ask again in this request.
            connection.health_check_done = True  # type: ignore[attr-defined]
            return row
    connection.close()
    with connection.wrap_database_errors:
        return _run(statement, parameters)


def write(statement: str, *parameters: object) -> Row:
    """The same for a change, which is never made twice; in the transaction of the caller."""
    with connection.wrap_database_errors:
        return _run(statement, parameters)


def _run(statement: str, parameters: Sequence[object]) -> Row:
    connection.ensure_connection()
    if connection.queries_logged:
        connection.queries_log.append({"sql": statement, "time": "0"})
    raw, texts = connection.connection, [_text(parameter) for parameter in parameters]
    if not raw.autocommit and raw.pgconn.transaction_status == TransactionStatus.IDLE:
        # psycopg begins a transaction with the first statement of its own cursors.
        raw.pgconn.exec_(b"BEGIN")
    kept = vars(raw).get(KEPT)
    if kept is None:
        kept = vars(raw)[KEPT] = Prepared(raw)
    result = raw.pgconn.exec_prepared(kept.name_of(statement, raw), texts)
    if result.status == ExecStatus.FATAL_ERROR and raw.pgconn.transaction_status == TransactionStatus.IDLE:
        # A pooler in between knows no prepared statements, or a migration has changed a column since.
        result = raw.pgconn.exec_params(statement.encode(), texts)
    if raw.pgconn.status != ConnStatus.OK:
        raise psycopg.OperationalError(raw.pgconn.get_error_message())
    if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        raise psycopg.errors.error_from_result(result)
    if not result.ntuples:
        return None
    kept.types.set_pgresult(result)
    row: tuple[Any, ...] = kept.types.load_row(0, tuple)
    return row


def _text(parameter: object) -> bytes | None:
    if parameter is None:
        return None
    return parameter if isinstance(parameter, bytes) else str(parameter).encode()
