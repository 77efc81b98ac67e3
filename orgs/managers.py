"""Every query about an organization's rows starts from that organization."""

from typing import TYPE_CHECKING, TypeVar

from allauth.account.models import EmailAddress
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from accounts.models import User
    from orgs.models import Invitation, KeptOut, Membership, Organization
else:
    Invitation = KeptOut = Membership = Organization = models.Model

Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class Unscoped(TypeError):
    """A mistake in the code: a query that would see the rows of every organization."""


class OrganizationQuerySet(models.QuerySet[Organization]):
    def called(self, text: str) -> "OrganizationQuerySet":
        """By the short name; if it is nobody's, by the name, which several may have."""
        known = self.filter(slug=text.lower())
        return known if known.exists() else self.filter(name__iexact=text)


class ScopedManager(models.Manager[Row_co]):
    def get_queryset(self) -> models.QuerySet[Row_co]:
        raise Unscoped(f"{self.model.__name__}.objects: begin with of(organization).")

    def of(self, organization: "Organization") -> models.QuerySet[Row_co]:
        return super().get_queryset().filter(organization=organization)


class MembershipManager(ScopedManager[Membership]):
    def of_person(self, user: "User") -> models.QuerySet[Membership]:
        """Where somebody belongs: their own rows, in whatever organization."""
        return models.Manager.get_queryset(self).filter(user=user)

    def owners(self, organization: "Organization") -> models.QuerySet[Membership]:
        """Those who can act: neither paused here nor disabled on the site."""
        return self.of(organization).filter(role="owner", paused_at__isnull=True, user__is_active=True)


class InvitationManager(ScopedManager[Invitation]):
    def open_of(self, organization: "Organization") -> models.QuerySet[Invitation]:
        return self.of(organization).filter(
            used_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=timezone.now()
        )

    def open_to(self, user: "User") -> models.QuerySet[Invitation]:
        """By somebody's proved addresses: what was mailed to them is theirs to see."""
        proved = EmailAddress.objects.filter(user=user, verified=True).values("email")
        rows = models.Manager.get_queryset(self).filter(email__in=proved, organization__status="active")
        return rows.filter(used_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=timezone.now())

    def with_digest(self, digest: str) -> models.QuerySet[Invitation]:
        """By the secret itself, which is how somebody finds it who belongs nowhere yet."""
        return models.Manager.get_queryset(self).filter(link_digest=digest)


class KeptOutManager(ScopedManager[KeptOut]):
    def since(self, invitation: "Invitation", user: "User") -> models.QuerySet[KeptOut]:
        """What was decided about them after they had been asked in."""
        return self.of(invitation.organization).filter(user=user, since__gte=invitation.created_at)
