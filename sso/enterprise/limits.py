from django.http import HttpRequest

from core import client, ratelimit
from orgs.models import Organization


def before_start(request: HttpRequest) -> None:
    ratelimit.enforce("connection-start.address", client.address(request), on_error="allow")


def before_dns(organization: Organization) -> None:
    """Each question may keep a thread waiting for some seconds."""
    ratelimit.enforce("domain-check.organization", str(organization.pk), on_error="deny")


def before_return(request: HttpRequest) -> None:
    """Before anything is looked at: each message costs some milliseconds. An office comes from one address."""
    ratelimit.enforce("connection-return.address", client.address(request), on_error="allow")
