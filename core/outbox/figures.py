"""How the outbox stands, for the desk's first page."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.desk import figures
from core.desk.figures import Line
from core.models import OutboxMessage

State = OutboxMessage.State
UNDER_WAY = (State.QUEUED, State.SENDING, State.DEFERRED)
# Longer than a mail takes whose server answers.
PATIENCE_MINUTES = 15


def register() -> None:
    figures.register(figures.lines("mails", gettext_lazy("Mails on their way"), count, draw, 30))


def count() -> dict[str, Any]:
    """By the index over state and time; what is sent is not looked at."""
    rows = OutboxMessage.objects.filter(state__in=[*UNDER_WAY, State.FAILED])
    counted = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    oldest: datetime | None = rows.filter(state__in=UNDER_WAY).aggregate(oldest=Min("created_at"))["oldest"]
    return {"counted": counted, "oldest": oldest.isoformat() if oldest else ""}


def draw(found: dict[str, Any]) -> Iterator[Line]:
    mails = reverse("admin:core_outboxmessage_changelist")
    for state in (*UNDER_WAY, State.FAILED):
        number = found["counted"].get(state.value, 0)
        yield Line(
            str(state.label),
            number_format(number, force_grouping=True),
            f"{mails}?state__exact={state.value}",
            is_bad=state == State.FAILED and number > 0,
        )
    if found["oldest"]:
        since = datetime.fromisoformat(found["oldest"])
        waits = (timezone.now() - since).total_seconds() / 60
        yield Line(_("The oldest has waited for"), timesince(since), is_bad=waits > PATIENCE_MINUTES)
