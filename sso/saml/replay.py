"""Every assertion, and every request to sign somebody out, counts once: whoever inserts first has used it."""

import hashlib
from datetime import datetime

from django.db import connection as database

from sso.models import Connection, SeenMessage
from sso.saml.errors import Reason, Spent

SPEND = f"""
INSERT INTO {SeenMessage._meta.db_table} (connection_id, digest, expires_at) VALUES (%s, %s, %s)
ON CONFLICT (connection_id, digest) DO NOTHING
"""  # noqa: S608 - a table of our own


def spend(connection: Connection, message_id: str, *, until: datetime) -> None:
    """In the caller's transaction, if there is one: a transaction that fails has used nothing."""
    digest = hashlib.sha256(message_id.encode()).hexdigest()
    with database.cursor() as cursor:
        cursor.execute(SPEND, [connection.pk, digest, until])
        if not cursor.rowcount:
            raise Spent(Reason.REPLAYED)
