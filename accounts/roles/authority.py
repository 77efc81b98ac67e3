"""What somebody may do at the desk, how far, until when and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.desk.permissions import EVERYTHING, NOWHERE, WITHIN_ORGANIZATION, Reach, SitePermission


@dataclass(frozen=True)
class Given:
    """A role as one person has it."""

    role: str
    permissions: frozenset[SitePermission]
    organization: UUID | None = None
    ends_at: datetime | None = None

    @property
    def effective(self) -> frozenset[SitePermission]:
        """In one organization only what knows such bounds."""
        return self.permissions if self.organization is None else self.permissions & WITHIN_ORGANIZATION

    def outlasts(self, until: datetime | None) -> bool:
        return self.ends_at is None or (until is not None and self.ends_at >= until)


@dataclass(frozen=True)
class Authority:
    is_owner: bool = False
    given: tuple[Given, ...] = ()

    @property
    def permissions(self) -> frozenset[SitePermission]:
        """Whatever they may do somewhere."""
        if self.is_owner:
            return EVERYTHING
        return frozenset(permission for role in self.given for permission in role.effective)

    def reach(self, permission: SitePermission) -> Reach:
        if self.is_owner:
            return Reach(everywhere=True)
        bringing = [role for role in self.given if permission in role.effective]
        if any(role.organization is None for role in bringing):
            return Reach(everywhere=True)
        limited = frozenset(role.organization for role in bringing if role.organization)
        return Reach(organizations=limited) if limited else NOWHERE

    def covers(
        self,
        permissions: Iterable[SitePermission],
        *,
        organization: UUID | None = None,
        until: datetime | None = None,
    ) -> bool:
        """Whether they hold all of it themselves, there and at least as long: nobody gives what they do not have."""
        lasting = Authority(self.is_owner, tuple(role for role in self.given if role.outlasts(until)))
        if organization is not None:
            permissions = frozenset(permissions) & WITHIN_ORGANIZATION
        return all(lasting.reach(permission).covers(organization) for permission in permissions)

    def stands_over(self, other: "Authority") -> bool:
        """Whom somebody may act on: nobody who may do what they may not."""
        if self.is_owner:
            return True
        return not other.is_owner and all(
            self.covers(role.effective, organization=role.organization) for role in other.given
        )
