"""A browser leaves for an organization's provider: a row that what comes back has to name, from the same browser."""

import secrets
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from core import digests, statements
from sso.linking import Purpose
from sso.models import Connection, SignInRequest, expiry

# In the session of the browser, from before it has one of somebody's.
BROWSER = "sso_browser"
OPEN = f"""
SELECT 1 FROM {SignInRequest._meta.db_table}
WHERE connection_id = $1::bigint AND request_id = $2 AND expires_at > now()
"""  # noqa: S608 - a table of our own


@dataclass(frozen=True)
class Attempt:
    purpose: Purpose
    person: str = ""
    next_address: str = ""
    started_at: float = 0.0


def begin(
    request: HttpRequest,
    connection: Connection,
    *,
    request_id: str,
    purpose: Purpose,
    person: str = "",
    next_address: str = "",
) -> None:
    token = request.session.get(BROWSER)
    if token is None:
        token = request.session[BROWSER] = secrets.token_urlsafe(32)
    SignInRequest.objects.create(
        request_id=request_id,
        connection=connection,
        browser=digests.of_token(token),
        purpose=purpose,
        person=person,
        next_address=next_address,
        expires_at=expiry(SignInRequest.LIFETIME),
    )


def is_open(connection: Connection, request_id: str) -> bool:
    return statements.read(OPEN, connection.pk, request_id) is not None


def take(request: HttpRequest, connection: Connection, request_id: str) -> Attempt | None:
    """Once, and only in the browser that left."""
    token = request.session.get(BROWSER)
    if token is None:
        return None
    rows = _open(connection, request_id).filter(browser=digests.of_token(token))
    row = rows.first()
    if row is None or not rows.filter(pk=row.pk).delete()[0]:
        return None
    return Attempt(
        purpose=Purpose(row.purpose),
        person=row.person,
        next_address=row.next_address,
        started_at=row.created_at.timestamp(),
    )


def _open(connection: Connection, request_id: str) -> QuerySet[SignInRequest]:
    return SignInRequest.objects.filter(
        connection=connection, request_id=request_id, expires_at__gt=timezone.now()
    )
