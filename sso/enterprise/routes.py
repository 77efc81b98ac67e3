"""Who signs in at their organization: the domain of the address names the connection."""

import time

from django.http import HttpRequest

from accounts.addresses import canonical
from core import redirects
from orgs.models import Domain
from sso.enterprise.arrival import METHOD
from sso.models import Connection

# Every password sign-in asks whether its domain is one of these. Only a convenience, so that it may be a little old:
# whether somebody comes in by another way is decided by the stages, and by the database.
FRESH = 30.0


class _Remembered:
    """Domains whose organization takes no other way, as this process last read them."""

    domains: frozenset[str] = frozenset()
    read_at = float("-inf")


def of_domain(request: HttpRequest, email: str, next_address: str) -> str | None:
    """Where an organization takes no other way, its people are led there instead of being refused afterwards."""
    if canonical(email).rpartition("@")[2] not in _domains():
        return None
    connection = connection_for(email)
    return start(connection, next_address) if connection is not None else None


def connection_for(email: str) -> Connection | None:
    domain = canonical(email).rpartition("@")[2]
    found = [connection for connection in Connection.objects.for_domain(domain) if connection.is_usable]
    return found[0] if found else None


def start(connection: Connection, next_address: str) -> str:
    path = connection.start_path
    return redirects.with_next(path, next_address) if next_address else path


def forget() -> None:
    _Remembered.read_at = float("-inf")


def _domains() -> frozenset[str]:
    now = time.monotonic()
    if now - _Remembered.read_at > FRESH:
        rows = Domain.across_organizations.filter(
            verified_at__isnull=False,
            organization__status="active",
            organization__is_trusted=True,
            organization__policy__ways=[METHOD],
        )
        _Remembered.domains = frozenset(rows.values_list("name", flat=True))
        _Remembered.read_at = now
    return _Remembered.domains
