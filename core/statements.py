"""Prepared statements over the thread's kept connection, for the few that every request of a program needs.

Django asks a kept connection at each request whether it is still there, and both it and psycopg's cursors do several
times more around a statement than the server does for it (docs/decisions/0010-prepared-statements.md has numbers).
A read finds out by itself whether the connection still stands, and is made once more, over a new one, if not.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

Row = tuple[Any, ...] | None
GOOD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
# A time as a number is neither spelled there nor read here.
BINARY = Format.BINARY
Connection = psycopg.Connection[Any]
# On psycopg's connection, and gone with it: what is prepared there, and what reads its types.
KEPT = "prepared_statements"
# What only a prepared statement fails of: a pooler in between knows none, or has one of this name from somebody else;
# or a migration has changed a column since.
OF_PREPARING = {b"26000", b"42P05", b"0A000"}


class Prepared:
    def __init__(self, raw: Connection) -> None:
        self.names: dict[str, bytes] = {}
        self.types = Transformer(raw)
        self.is_possible = True

    def run(self, statement: str, texts: list[Any], raw: Connection) -> PGresult:
        if not self.is_possible:
            return raw.pgconn.exec_params(statement.encode(), texts, result_format=BINARY)
        name = self.names.get(statement)
        if name is None:
            # By its content, so that nothing else can ever stand under it.
            name = b"kept_" + hashlib.sha256(statement.encode()).hexdigest()[:32].encode()
            made = raw.pgconn.prepare(name, statement.encode())
            if made.status != ExecStatus.COMMAND_OK:
                return self._otherwise(made, statement, texts, raw)
            self.names[statement] = name
        result = raw.pgconn.exec_prepared(name, texts, result_format=BINARY)
        return result if result.status in GOOD else self._otherwise(result, statement, texts, raw)

    def _otherwise(self, failed: PGresult, statement: str, texts: list[Any], raw: Connection) -> PGresult:
        """Unprepared from now on, where preparing is what failed. A transaction is spoilt by it, the next is not."""
        if failed.error_field(DiagnosticField.SQLSTATE) not in OF_PREPARING:
            return failed
        self.is_possible = False
        if raw.pgconn.transaction_status != TransactionStatus.IDLE:
            return failed
        return raw.pgconn.exec_params(statement.encode(), texts, result_format=BINARY)


def read(statement: str, *parameters: object) -> Row:
    """The first row. `statement` is a constant with $1 and so on; parameters are passed as the text they spell."""
    connection = _connection()
    with connection.wrap_database_errors:
        try:
            row = _run(connection, statement, parameters)
        except psycopg.OperationalError:
            if connection.in_atomic_block or not _is_lost(connection):
                raise
        else:
            # It has just proved to be there, which Django need not ask again in this request.
            connection.health_check_done = True
            return row
    connection.close()
    with connection.wrap_database_errors:
        return _run(connection, statement, parameters)


def write(statement: str, *parameters: object) -> Row:
    """The same for a change, which is never made twice; in the transaction of the caller."""
    connection = _connection()
    with connection.wrap_database_errors:
        return _run(connection, statement, parameters)


def _connection() -> Any:
    """Of this thread. Django's `connection` looks it up anew for each of its attributes."""
    return connections[DEFAULT_DB_ALIAS]


def _is_lost(connection: Any) -> bool:
    """Whether there was a connection that is no more. What took too long would only take as long again."""
    raw = connection.connection
    return raw is not None and raw.pgconn.status != ConnStatus.OK


def _run(connection: Any, statement: str, parameters: Sequence[object]) -> Row:
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
    result = kept.run(statement, texts, raw)
    if raw.pgconn.status != ConnStatus.OK:
        raise psycopg.OperationalError(raw.pgconn.get_error_message())
    if result.status not in GOOD:
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
