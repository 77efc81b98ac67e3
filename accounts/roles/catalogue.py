"""The roles that come with the site. Those of its own are made at the desk, of the same permissions."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.desk.permissions import EVERYTHING, SitePermission
from core.models import Desk


class BuiltInRole(TextChoices):
    """By the name of their group. Whoever owns the site has no group: a superuser may do everything, always."""

    ADMINISTRATOR = "administrator", _("Administrator")
    SUPPORT = "support", _("Support")
    AUDITOR = "auditor", _("Auditor")
    ORGANIZATION_MANAGER = "organization-manager", _("Organization manager")


OWNER = _("Owner of the site")
P = SitePermission
LOOKING = frozenset(permission for permission in P if permission.value.endswith(".view"))
OF_BUILT_IN: dict[BuiltInRole, frozenset[SitePermission]] = {
    BuiltInRole.ADMINISTRATOR: EVERYTHING,
    BuiltInRole.SUPPORT: (LOOKING - {P.ROLES_VIEW})
    | {P.PEOPLE_HELP, P.PEOPLE_SECURE, P.SESSIONS_END, P.FACTORS_RESET, P.MAILS_RESEND, P.PEOPLE_INVITE},
    BuiltInRole.AUDITOR: LOOKING | {P.EVENTS_VERIFY, P.LISTS_EXPORT, P.PEOPLE_EXPORT},
    BuiltInRole.ORGANIZATION_MANAGER: frozenset(
        {
            P.PEOPLE_VIEW,
            P.PEOPLE_INVITE,
            P.ORGANIZATIONS_VIEW,
            P.ORGANIZATIONS_MANAGE,
            P.CONNECTIONS_VIEW,
            P.CONNECTIONS_MANAGE,
        }
    ),
}


def is_built_in(name: str) -> bool:
    return name in BuiltInRole.values


def label(name: str) -> str:
    """A role of the site's own is called as its makers named it."""
    return str(BuiltInRole(name).label) if is_built_in(name) else name


def rows_of(permissions: Iterable[SitePermission]) -> list[Permission]:
    names = [permission.value for permission in permissions]
    return list(
        Permission.objects.filter(
            content_type__app_label=Desk._meta.app_label,
            content_type__model=Desk._meta.model_name,
            codename__in=names,
        )
    )


def synchronize(**kwargs: object) -> None:
    """After every migration: built-in roles mean what this version says, whatever was done to their rows."""
    for role, permissions in OF_BUILT_IN.items():
        with transaction.atomic():
            group, _is_new = Group.objects.get_or_create(name=role.value)
            group.permissions.set(rows_of(permissions))
