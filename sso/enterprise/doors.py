"""Whether an organization's connection can be used at all, asked wherever somebody leaves by it or comes back."""

from typing import NoReturn

from django.http import HttpRequest

from core.errors import Missing
from sso import arrival
from sso.enterprise.source import OfOrganization
from sso.models import Connection
from sso.saml.errors import NotForUs, Reason, SamlRefused


def existing(found: Connection | None) -> Connection:
    """Of a closed organization nothing is there any more."""
    if found is None or found.organization.status == "closed":
        raise Missing
    return found


def usable(request: HttpRequest, found: Connection | None) -> Connection:
    connection = existing(found)
    if not connection.is_usable:
        refuse(request, connection, NotForUs(Reason.CONNECTION_OFF))
    return connection


def refuse(request: HttpRequest, connection: Connection, refusal: SamlRefused) -> NoReturn:
    arrival.refuse(request, OfOrganization(connection), None, refusal.reason, refusal)
