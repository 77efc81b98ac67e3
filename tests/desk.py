"""At the administrators' desk, as somebody with a browser works there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.test import Client

from accounts.models import Role, RoleGrant, User
from accounts.roles import catalogue
from accounts.roles.catalogue import BuiltInRole
from core.desk.permissions import SitePermission

PEOPLE = "/admin/accounts/user/"


def chosen(action: str, *rows: Any, **given: Any) -> dict[str, Any]:
    """What a list sends once somebody has pressed its button, and confirmed it."""
    return {"action": action, "_selected_action": [row.pk for row in rows], "confirmed": "yes", **given}


def act(client: Client, user: User, name: str, *, follow: bool = True, **given: Any) -> Any:
    """On the page of a person."""
    return client.post(f"{PEOPLE}{user.pk}/do/{name}/", {"reason": "They called.", **given}, follow=follow)


def give(
    user: User,
    *permissions: SitePermission,
    role: BuiltInRole | None = None,
    organization: UUID | None = None,
    ends_at: datetime | None = None,
) -> RoleGrant:
    """A built-in role, or one of just these permissions, straight into the table."""
    if role is None:
        name = " ".join(permission.value for permission in permissions)[:150]
        found, _is_new = Role.objects.get_or_create(name=name)
        found.permissions.set(catalogue.rows_of(permissions))
    else:
        found = Role.objects.get(name=role.value)
    grant = RoleGrant.objects.create(
        user=user, role_id=found.pk, organization=organization, ends_at=ends_at, reason="for a test"
    )
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.is_staff = True
    for known in ("authority", "standing"):
        user.__dict__.pop(known, None)
    return grant
