"""Upon whom somebody at the desk may act: the one place that says so."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from accounts.desk.errors import AboveYourself, NotYourReach
from accounts.models import User
from accounts.roles import organizations
from core.desk.permissions import SitePermission


def of_organizations(rows: QuerySet[User], ids: Collection[UUID]) -> QuerySet[User]:
    """Its people, but not those of them who work at the desk."""
    people = organizations.directory().people(ids)
    return rows.filter(pk__in=people.values("pk"), is_staff=False, is_superuser=False)


def require(actor: User, user: User, permission: SitePermission) -> None:
    if not may(actor, user, permission):
        raise NotYourReach
    if actor.pk != user.pk and not actor.authority.stands_over(user.standing):
        raise AboveYourself


def may(actor: User, user: User, permission: SitePermission) -> bool:
    held = actor.reach(permission)
    if held.everywhere or not held:
        return held.everywhere
    return of_organizations(User.objects.filter(pk=user.pk), held.organizations).exists()
