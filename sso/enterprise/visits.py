"""What remains of a sign-in at an organization's provider: which session rests on it, and how long it may."""

import hashlib
import json
from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Session, User
from accounts.session import limits as session_limits
from accounts.session.limits import NO_LIMITS, Limits
from accounts.session.store import ORIGIN
from sso.models import Connection, Visit


def register() -> None:
    session_limits.register(limits_of)


def begin(
    connection: Connection,
    user: User,
    *,
    name: dict[str, str],
    session_index: str,
    ends_at: float | None,
) -> Visit:
    return Visit.objects.create(
        connection=connection,
        user=user,
        subject_digest=digest(name),
        subject=json.dumps(name),
        session_index=session_index,
        ends_at=datetime.fromtimestamp(ends_at, UTC) if ends_at is not None else None,
    )


def digest(name: dict[str, str]) -> str:
    """Of what a provider calls somebody: the value alone, since providers are careless about the rest."""
    return hashlib.sha256(name["value"].encode()).hexdigest()


def of(request: HttpRequest) -> Visit | None:
    """That on which the session of this request rests."""
    origin = request.session.get(ORIGIN)
    rows = (
        Visit.objects.select_related("connection__organization").filter(origin=UUID(origin))
        if origin
        else None
    )
    return rows.first() if rows is not None else None


def limits_of(user: User, request: HttpRequest) -> Limits:
    """SessionNotOnOrAfter: no longer than the provider said."""
    visit = of(request) if hasattr(request, "session") else None
    if visit is None or visit.ends_at is None:
        return NO_LIMITS
    return Limits(absolute=visit.ends_at - timezone.now())


def end(connection: Connection, name: dict[str, str] | None, indexes: list[str]) -> list[Visit]:
    """The sessions that the provider means: of this person, and of these sign-ins, as far as it names them."""
    if name is None and not indexes:
        return []
    rows = Visit.objects.filter(connection=connection)
    if name is not None:
        rows = rows.filter(subject_digest=digest(name))
    if indexes:
        rows = rows.filter(session_index__in=indexes)
    found = [*rows.select_related("user")]
    Session.objects.filter(origin__in=[visit.origin for visit in found]).delete()
    Visit.objects.filter(pk__in=[visit.pk for visit in found]).delete()
    return found
