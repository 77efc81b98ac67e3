"""What outside sign-ins add to the page of a person at the desk."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.desk import panels
from accounts.desk.panels import Panel, Row
from accounts.models import User
from core.desk.moments import when
from core.desk.permissions import SitePermission
from sso.social import connections as connected


def register() -> None:
    panels.register(LINKED)


def linked(user: User) -> Iterator[Row]:
    for account in connected.of(user):
        yield Row(
            connected.name_of(account),
            (
                _("since %(when)s") % {"when": when(account.date_joined)},
                _("last used on %(when)s") % {"when": when(account.last_login)},
            ),
            link=reverse("admin:socialaccount_socialaccount_change", args=[account.pk]),
        )


LINKED = Panel(
    gettext_lazy("Connected accounts"),
    SitePermission.PEOPLE_VIEW,
    linked,
    gettext_lazy("None: they sign in with what they have here."),
    order=25,
)
