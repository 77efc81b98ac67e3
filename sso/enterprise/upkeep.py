"""Providers change their certificates: their metadata is read anew each day, and what ends soon is told in time."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Max, QuerySet
from django.urls import reverse
from django.utils import timezone

from core.site import absolute
from orgs.actor import SHELL
from orgs.flows import notices
from sso.enterprise import connections, fetching
from sso.models import Connection
from sso.saml.metadata import MetadataRefused

log = structlog.get_logger(__name__)

# Days before the last certificate ends at which the owners are told.
WARNINGS = (30, 7, 1)


def read_metadata_anew() -> int:
    """How many answered. What does not answer, or is somebody else by now, stays as it was."""
    done = 0
    for connection in _in_use().exclude(metadata_url=""):
        try:
            known = fetching.provider_at(connection.metadata_url, by_operator=connection.metadata_by_operator)
        except MetadataRefused as refusal:
            log.warning("metadata_not_read", connection=connection.slug, reason=str(refusal.detail))
            continue
        if known.entity_id != connection.idp_entity_id:
            log.warning("metadata_of_another", connection=connection.slug)
            continue
        connections.believe(connection=connection, provider=known, url=connection.metadata_url, by=SHELL)
        done += 1
    return done


def warn() -> int:
    """How many connections were told of. The nearest day first: one mail, not three."""
    told = 0
    ending = _in_use().annotate(ends=Max("certificates__not_after"))
    for days in sorted(WARNINGS):
        now = timezone.now()
        for connection in ending.filter(ends__range=(now, now + timedelta(days=days))):
            if connection.warned_for is not None and connection.warned_for <= days:
                continue
            _tell(connection, vars(connection)["ends"], days)
            told += 1
    return told


def _tell(connection: Connection, ends: datetime, days: int) -> None:
    organization = connection.organization
    page = reverse("sso-organization:connection", args=[organization.slug, connection.slug])
    with transaction.atomic():
        Connection.objects.of(organization).filter(pk=connection.pk).update(warned_for=days)
        for owner in notices.owners_of(organization):
            notices.tell(
                owner,
                "organization_sso_certificate_ends",
                organization=organization,
                by=SHELL,
                connection=connection.name,
                ends=ends,
                link=absolute(page),
            )


def _in_use() -> QuerySet[Connection]:
    rows = Connection.across_organizations.filter(
        kind=Connection.Kind.SAML, is_active=True, organization__status="active"
    )
    return rows.select_related("organization").order_by("pk")
