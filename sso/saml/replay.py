"""Every assertion, and every request to sign somebody out, counts once: whoever inserts first has used it."""

import hashlib
from datetime import datetime

from core import statements
from sso.models import Connection, SeenMessage
from sso.saml.errors import Reason, Spent

SPEND = f"""
INSERT INTO {SeenMessage._meta.db_table} (connection_id, digest, expires_at)
VALUES ($1::bigint, $2, $3::timestamptz) ON CONFLICT (connection_id, digest) DO NOTHING RETURNING id
"""  # noqa: S608 - a table of our own


def spend(connection: Connection, message_id: str, *, until: datetime) -> None:
    """In the caller's transaction, if there is one: a transaction that fails has used nothing."""
    digest = hashlib.sha256(message_id.encode()).hexdigest()
    if statements.write(SPEND, connection.pk, digest, until.isoformat()) is None:
        raise Spent(Reason.REPLAYED)
