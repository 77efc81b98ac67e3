from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models

from accounts.models import User
from orgs.managers import ScopedManager

if TYPE_CHECKING:
    from sso.models import Connection
else:
    Connection = models.Model


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

    def receiving(self, slug: str) -> models.QuerySet[Connection]:
        """The same, as far as a message from the provider needs it: each one is paid for before anybody is known."""
        return self.with_slug(slug).defer(
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
        )

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
