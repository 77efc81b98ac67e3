"""Who signs in at their organization: the domain of the address names the connection."""

from django.http import HttpRequest

from accounts.addresses import canonical
from core import redirects
from orgs.models import Policy
from sso.enterprise.arrival import METHOD
from sso.models import Connection


def of_domain(request: HttpRequest, email: str, next_address: str) -> str | None:
    """Where an organization takes no other way, its people are led there instead of being refused afterwards."""
    connection = connection_for(email)
    if connection is None or not connection.organization.is_trusted:
        return None
    policy = Policy.objects.of(connection.organization).get()
    return start(connection, next_address) if policy.ways == [METHOD] else None


def connection_for(email: str) -> Connection | None:
    domain = canonical(email).rpartition("@")[2]
    found = [connection for connection in Connection.objects.for_domain(domain) if connection.is_usable]
    return found[0] if found else None


def start(connection: Connection, next_address: str) -> str:
    path = connection.start_path
    return redirects.with_next(path, next_address) if next_address else path
