"""What tokens add to the page of a person at the desk."""

from collections.abc import Collection, Iterator
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.desk import acts, panels
from accounts.desk.acts import Act, Order, Text
from accounts.desk.errors import NotNow
from accounts.desk.panels import Panel, Row
from accounts.models import User
from audit import names
from audit.names import Kind, Name
from core.desk.moments import when
from core.desk.permissions import SitePermission
from tokens.flows import keys
from tokens.models import ServiceAccount


def register() -> None:
    names.register(Kind.SERVICE, of_services)
    panels.register(KEYS)
    acts.register(END_KEY)


def of_services(ids: Collection[UUID]) -> dict[UUID, Name]:
    """As the log calls them."""
    services = ServiceAccount.across_organizations.filter(public_id__in=ids)
    return {
        public_id: Name(name, reverse("admin:tokens_serviceaccount_change", args=[pk]))
        for public_id, name, pk in services.values_list("public_id", "name", "pk")
    }


def rows(user: User) -> Iterator[Row]:
    for key in keys.of(user):
        used = _("never used")
        if key.last_used_at:
            used = _("last used %(when)s from %(address)s") % {
                "when": when(key.last_used_at),
                "address": key.last_used_from,
            }
        yield Row(
            key.name,
            (f"{key.hint}…", used, _("ends %(when)s") % {"when": when(key.expires_at)}),
            item=str(key.public_id),
            acts=("end-key",),
        )


def end_key(order: Order) -> Text:
    try:
        public_id = UUID(order.item)
    except ValueError:
        raise NotNow from None
    if not keys.end(user=order.user, public_id=public_id, facts=order.facts, actor=order.actor):
        raise NotNow
    return _("The key is worth nothing from now on.")


KEYS = Panel(gettext_lazy("API keys"), SitePermission.KEYS_VIEW, rows, gettext_lazy("None."), order=35)
END_KEY = Act(
    name="end-key",
    label=gettext_lazy("End this key"),
    explains=gettext_lazy("Whatever uses it stops working at once. Everything else goes on."),
    needs=SitePermission.KEYS_END,
    do=end_key,
    of_item=True,
)
