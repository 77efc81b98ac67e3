"""Which providers' certificates end soon, for the desk's first page."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy

from core.desk import figures
from core.desk.figures import Line
from sso.models import Connection

SOON = timedelta(days=30)
AT_MOST = 8


def register() -> None:
    figures.register(
        figures.lines("certificates", gettext_lazy("Certificates that end within 30 days"), count, draw, 40)
    )


def count() -> list[list[Any]]:
    """Of each connection in use the last one to end: until then its people come in."""
    active = Connection.across_organizations.filter(is_active=True, organization__status="active")
    ending = active.annotate(ends=Max("certificates__not_after")).filter(ends__lte=timezone.now() + SOON)
    rows = ending.order_by("ends").values_list("pk", "name", "ends")[:AT_MOST]
    return [[pk, name, ends.isoformat()] for pk, name, ends in rows]


def draw(found: list[list[Any]]) -> Iterator[Line]:
    for pk, name, ends in found:
        day = datetime.fromisoformat(ends).date()
        link = reverse("admin:sso_connection_change", args=[pk])
        yield Line(
            name,
            date_format(day, "DATE_FORMAT"),
            link,
            is_bad=day < timezone.now().date() + timedelta(days=7),
        )
