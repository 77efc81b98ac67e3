"""Between the provider's form, which comes without our cookies, and the page that has them.

What is parked has been verified; the ticket in the address stands for it once, and for a few minutes.
"""

import json
from dataclasses import asdict, dataclass

from django.utils import timezone

from core import digests, statements
from sso.enterprise.mapping import Profile
from sso.models import Connection, ParkedAssertion, expiry

CONTENT = ParkedAssertion._meta.get_field("content")
PARK = f"""
INSERT INTO {ParkedAssertion._meta.db_table} (digest, connection_id, content, expires_at)
VALUES ($1, $2::bigint, $3::bytea, $4::timestamptz) RETURNING id
"""  # noqa: S608 - a table of our own


@dataclass(frozen=True)
class Arrived:
    """What the provider said, as far as the rest of the way needs it."""

    profile: Profile
    in_response_to: str | None
    context: str
    proved_at: float
    session_index: str
    session_ends_at: float | None
    # As a request to sign out names somebody.
    name: dict[str, str]


def park(connection: Connection, arrived: Arrived) -> str:
    ticket = digests.new_token()
    content = CONTENT.get_prep_value(json.dumps(asdict(arrived)))
    until = expiry(ParkedAssertion.LIFETIME).isoformat()
    statements.write(PARK, digests.of_token(ticket), connection.pk, "\\x" + content.hex(), until)
    return ticket


def look(connection: Connection, ticket: str) -> Arrived | None:
    rows = ParkedAssertion.objects.filter(
        connection=connection, digest=digests.of_token(ticket), expires_at__gt=timezone.now()
    )
    row = rows.first()
    if row is None:
        return None
    content = json.loads(row.content)
    profile = content.pop("profile")
    return Arrived(profile=Profile(**{**profile, "groups": tuple(profile["groups"])}), **content)


def take(connection: Connection, ticket: str) -> bool:
    """Whether it was still there: of several who come with the same ticket, one gets on."""
    rows = ParkedAssertion.objects.filter(connection=connection, digest=digests.of_token(ticket))
    return bool(rows.delete()[0])
