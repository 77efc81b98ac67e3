from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models

from accounts.models import User
from core import statements
from orgs.managers import ScopedManager
from orgs.models import Organization

if TYPE_CHECKING:
    from sso.models import Connection
else:
    Connection = models.Model


# What no message from a provider needs to know.
NOT_RECEIVED = {
    "metadata_url",
    "metadata_read_at",
    "metadata_by_operator",
    "warned_for",
    "created_at",
    "issuer",
    "client_id",
    "client_secret",
    "slo_url",
    "slo_response_url",
    "slo_binding",
    "sso_binding",
    "signs_requests",
    "name_id_format",
    "force_authn",
}
OF_ORGANIZATION = ("id", "public_id", "name", "slug", "status", "is_trusted")


class ConnectionManager(ScopedManager[Connection]):
    def with_slug(self, slug: str) -> models.QuerySet[Connection]:
        """By its own address, which is all that an identity provider knows of us; with its organization."""
        rows = models.Manager.get_queryset(self).select_related("organization")
        # What only its pages show, and what of the organization only its own pages need.
        return rows.defer(
            "metadata_url",
            "metadata_read_at",
            "metadata_by_operator",
            "warned_for",
            "created_at",
            "organization__website",
            "organization__support_email",
            "organization__accent",
            "organization__created_at",
        ).filter(slug=slug)

    def receiving(self, slug: str) -> Connection | None:
        """The same by one prepared statement, as far as a message from a SAML provider needs it.

        Each such message is paid for before anybody is known.
        """
        row = statements.read(self._receiving, slug)
        if row is None:
            return None
        own, its = self._columns_received
        found: Connection = self.model.from_db("default", own, row[: len(own)])
        found.organization = Organization.from_db("default", its, row[len(own) :])
        return found

    @cached_property
    def _columns_received(self) -> tuple[list[str], list[str]]:
        every = [field.attname for field in self.model._meta.concrete_fields]
        return [name for name in every if name not in NOT_RECEIVED], list(OF_ORGANIZATION)

    @cached_property
    def _receiving(self) -> str:
        own, its = self._columns_received
        columns = [*(f"connection.{name}" for name in own), *(f"organization.{name}" for name in its)]
        return f"""
SELECT {", ".join(columns)} FROM {self.model._meta.db_table} connection
JOIN {Organization._meta.db_table} organization ON organization.id = connection.organization_id
WHERE connection.slug = $1 AND connection.kind = 'saml'
"""  # noqa: S608 - names of tables and columns

    def with_account_provider(self, name: str) -> models.QuerySet[Connection]:
        """By its name in the table of connected accounts."""
        kind, _, public_id = name.partition(":")
        rows = models.Manager.get_queryset(self).select_related("organization")
        return rows.filter(public_id=UUID(public_id)) if kind == "connection" else rows.none()

    def of_member(self, user: User) -> models.QuerySet[Connection]:
        """Those of the organizations that somebody has joined and may enter, and can be used."""
        return (
            self._in_use()
            .filter(organization__memberships__user=user, organization__memberships__paused_at__isnull=True)
            .order_by("organization__name", "name")
        )

    def for_domain(self, domain: str) -> models.QuerySet[Connection]:
        """Those of the organization that has proved this domain to be its own, and can be used."""
        return (
            self._in_use()
            .filter(organization__domains__name=domain, organization__domains__verified_at__isnull=False)
            .order_by("pk")
        )

    def _in_use(self) -> models.QuerySet[Connection]:
        rows = models.Manager.get_queryset(self).select_related("organization")
        return rows.filter(is_active=True, organization__status="active")
