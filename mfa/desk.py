"""What the second factors add to the page of a person at the desk."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.desk import acts, panels
from accounts.desk.acts import Act, Order, Text
from accounts.desk.errors import NotNow
from accounts.desk.panels import Panel, Row
from accounts.models import User
from core.desk.moments import when
from core.desk.permissions import SitePermission
from mfa.factors import registry
from mfa.flows import reset
from mfa.models import FactorReset


def register() -> None:
    panels.register(FACTORS)
    acts.register(RESET)


def factors(user: User) -> Iterator[Row]:
    counted = registry.counts(user)
    for factor in registry.FACTORS:
        number = counted.get(factor.NAME, 0)
        if factor.IS_BACKUP and number:
            text = ngettext("%(count)d is left", "%(count)d are left", number) % {"count": number}
            yield Row(str(factor.label()), (text,))
        elif number:
            for row in factor.rows(user):
                yield Row(str(getattr(row, "name", "")) or str(factor.label()), (str(factor.label()),))
    for row in reset.open_of(user).select_related("asked_by"):
        yield Row(
            _("A reset is under way"),
            (_("asked for by %(person)s") % {"person": row.asked_by}, _until(row)),
            badges=((_("waits"), "badge-warning"),),
            link=reverse("admin:mfa_factorreset_change", args=[row.pk]),
        )


def _until(row: FactorReset) -> str:
    if row.released_at:
        return _("the link was mailed %(when)s") % {"when": when(row.released_at)}
    return _("the link is mailed %(when)s") % {"when": when(row.hold_until)}


def ask_reset(order: Order) -> Text:
    try:
        row = reset.ask(user=order.user, actor=order.actor, reason=order.reason, facts=order.facts)
    except reset.NothingToReset as error:
        raise NotNow from error
    return _("They are told at all their addresses. The link for a new second step is mailed %(when)s.") % {
        "when": when(row.hold_until)
    }


FACTORS = Panel(
    gettext_lazy("Second steps"),
    SitePermission.PEOPLE_VIEW,
    factors,
    gettext_lazy("None: the first step is all that protects this account."),
    order=20,
)
RESET = Act(
    name="reset-factors",
    label=gettext_lazy("Lost second step: ask for a reset"),
    explains=gettext_lazy(
        "They are told at all their addresses and can cancel it. When the time for that is over, or when a second "
        "administrator confirms, they get a link with which, after their first step, they set up a new second step "
        "in place of the old ones. Until then the old ones protect the account."
    ),
    needs=SitePermission.FACTORS_RESET,
    do=ask_reset,
    applies=lambda user: user.is_active and registry.protects(user) and not reset.open_of(user).exists(),
    asks_reason=True,
    is_dangerous=True,
    order=15,
)
