"""An organization's identity provider as one of those who vouch for people: whom it speaks for, and whom it brings."""

from dataclasses import dataclass
from uuid import UUID

from accounts.flows import registration
from accounts.models import User
from core import statements
from orgs.models import Domain, Membership
from orgs.permissions import BuiltIn
from sso.enterprise import standing
from sso.models import Connection

PROVED = f"""
SELECT 1 FROM {Domain._meta.db_table}
WHERE organization_id = $1::bigint AND name = $2 AND verified_at IS NOT NULL
"""  # noqa: S608 - a table of our own


@dataclass(frozen=True)
class OfOrganization:
    connection: Connection

    @property
    def slug(self) -> str:
        return str(self.connection.slug)

    @property
    def organization_id(self) -> UUID:
        return self.connection.organization.public_id

    def may_bring(self, email: str) -> bool:
        """An organization that anybody could have made does not open what the site keeps closed."""
        is_open = self.connection.organization.is_trusted or registration.is_open_to(email)
        return self.connection.creates_people and is_open

    def answers_for(self, account: User) -> bool:
        """For those who have joined it; never for whoever helps to run the site, or runs the organization.

        Who may set up a provider could else make it open the account of somebody who may do more.
        """
        if account.is_staff or account.is_superuser:
            return False
        mine = Membership.objects.of(self.connection.organization).filter(user=account)
        plain = mine.filter(paused_at__isnull=True, role=BuiltIn.MEMBER)
        return plain.exclude(teams__team__makes_admin=True).exists() and self.may_open(account)

    def may_open(self, account: User) -> bool:
        return standing.may_open(self.connection, account)

    def speaks_for(self, email: str) -> bool:
        """Only about addresses in domains that its organization has proved to be its own."""
        name = email.rpartition("@")[2]
        return statements.read(PROVED, self.connection.organization_id, name) is not None
