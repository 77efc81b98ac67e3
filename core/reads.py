"""One prepared read over the thread's kept connection: for what every request of a program asks.

Django asks a kept connection at each request whether it is still there, and both it and psycopg's cursors do more
around a statement than the server does for it (docs/decisions/0010-reads-of-the-api.md has the numbers). Here the
read itself finds out whether the connection still stands, and is made once more, over a new one, if it does not.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus

# On psycopg's connection, and gone with it: what is prepared there, and what reads its types.
KEPT = "prepared_reads"


class Prepared:
    def __init__(self, raw: "psycopg.Connection[Any]") -> None:
        self.names: dict[str, bytes] = {}
        self.types = Transformer(raw)

    def name_of(self, statement: str, raw: "psycopg.Connection[Any]") -> bytes:
        name = self.names.get(statement)
        if name is None:
            name = self.names[statement] = b"read_%d" % len(self.names)
            raw.pgconn.prepare(name, statement.encode())
        return name


def one(statement: str, *parameters: object) -> tuple[Any, ...] | None:
    """The first row. `statement` is a constant with $1 and so on; parameters are passed as the text they spell."""
    connection.ensure_connection()
    if connection.queries_logged:
        connection.queries_log.append({"sql": statement, "time": "0"})
    texts = [str(parameter).encode() for parameter in parameters]
    with connection.wrap_database_errors:
        if connection.in_atomic_block:
            return _read(statement, texts)
        try:
            return _read(statement, texts)
        except psycopg.OperationalError:
            pass
    connection.close()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return _read(statement, texts)


def _read(statement: str, parameters: Sequence[bytes]) -> tuple[Any, ...] | None:
    raw = connection.connection
    kept = vars(raw).get(KEPT)
    if kept is None:
        kept = vars(raw)[KEPT] = Prepared(raw)
    result = raw.pgconn.exec_prepared(kept.name_of(statement, raw), parameters)
    if result.status != ExecStatus.TUPLES_OK and raw.pgconn.status == ConnStatus.OK and _is_idle(raw):
        # A pooler in between knows no prepared statements, or a migration has changed a column since.
        result = raw.pgconn.exec_params(statement.encode(), parameters)
    if raw.pgconn.status != ConnStatus.OK:
        raise psycopg.OperationalError(raw.pgconn.get_error_message())
    if result.status != ExecStatus.TUPLES_OK:
        raise psycopg.errors.error_from_result(result)
    if not result.ntuples:
        return None
    kept.types.set_pgresult(result)
    row: tuple[Any, ...] = kept.types.load_row(0, tuple)
    return row


def _is_idle(raw: "psycopg.Connection[Any]") -> bool:
    """Inside a transaction that has failed, nothing more is answered."""
    return raw.info.transaction_status != psycopg.pq.TransactionStatus.INERROR
