"""Why somebody may do something at the desk."""

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import catalogue, organizations
from accounts.roles.authority import Given
from core.desk.moments import when
from core.desk.permissions import SitePermission


class Held(NamedTuple):
    permission: SitePermission
    because: list[str]


def of(user: User) -> list[Held]:
    held = user.authority
    names = organizations.directory().names([role.organization for role in held.given if role.organization])

    def reasons(permission: SitePermission) -> Iterator[str]:
        if held.is_owner:
            yield _("as %(role)s") % {"role": catalogue.OWNER}
        for role in held.given:
            if permission in role.effective:
                yield _in_words(role, names.get(role.organization, "") if role.organization else "")

    return [Held(permission, list(reasons(permission))) for permission in SitePermission]


def _in_words(role: Given, organization: str) -> str:
    text = _("as %(role)s") % {"role": catalogue.label(role.role)}
    if role.organization:
        text = _("as %(role)s, for %(organization)s only") % {
            "role": catalogue.label(role.role),
            "organization": organization or role.organization,
        }
    if role.ends_at is None:
        return text
    return _("%(reason)s, until %(when)s") % {"reason": text, "when": when(role.ends_at)}
