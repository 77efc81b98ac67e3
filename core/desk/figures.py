"""The figures on the desk's first page. Each app registers its own; what they say is some minutes old at most."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import structlog
from django.core.cache import cache
from django.db import OperationalError
from django.utils import timezone
from django.utils.functional import Promise

from core.desk import charts
from core.desk.charts import Share
from core.desk.permissions import SitePermission, reach

log = structlog.get_logger(__name__)
Text = str | Promise
KEPT_SECONDS = 300
DAYS = 30


@dataclass(frozen=True)
class Line:
    """One thing to know, with the page where more is said of it."""

    label: str
    value: str
    link: str = ""
    is_bad: bool = False


@dataclass(frozen=True)
class Figure:
    """`count` answers with what JSON can keep; `draw` makes of it what the template of this kind shows."""

    name: str
    title: Text
    template: str
    count: Callable[[], Any]
    draw: Callable[[Any], Any]
    order: int = 0


@dataclass(frozen=True)
class Shown:
    name: str
    title: Text
    template: str
    # None: it could not be counted just now.
    drawing: Any


_figures: dict[str, Figure] = {}


def register(figure: Figure) -> None:
    _figures[figure.name] = figure


def figures_for(user: object) -> list[Shown]:
    """All of them, for whoever may see the figures of the site."""
    if not reach(user, SitePermission.DASHBOARD_VIEW).everywhere:
        return []
    return [_shown(figure) for figure in sorted(_figures.values(), key=lambda figure: figure.order)]


def daily(name: str, title: Text, count: Callable[[], dict[str, int]], order: int = 0) -> Figure:
    """`count` gives the number for each day that has one, by its date."""
    return Figure(name, title, "admin/figures/daily.html", count, _bars, order)


def shares(
    name: str, title: Text, count: Callable[[], Any], draw: Callable[[Any], Iterable[Share]], order: int = 0
) -> Figure:
    return Figure(name, title, "admin/figures/shares.html", count, lambda found: list(draw(found)), order)


def lines(
    name: str, title: Text, count: Callable[[], Any], draw: Callable[[Any], Iterable[Line]], order: int = 0
) -> Figure:
    return Figure(name, title, "admin/figures/lines.html", count, lambda found: list(draw(found)), order)


def days(number: int = DAYS) -> Sequence[date]:
    """The last ones, in UTC, up to and with today."""
    today = timezone.now().date()
    return [today - timedelta(days=back) for back in range(number - 1, -1, -1)]


def _bars(found: dict[str, int]) -> charts.Bars:
    return charts.bars([(day, found.get(day.isoformat(), 0)) for day in days()])


def _shown(figure: Figure) -> Shown:
    key = f"desk-figure:{figure.name}"
    found = cache.get(key)
    if found is None:
        try:
            found = figure.count()
        except OperationalError as error:
            # The rest of the page is worth more than this figure.
            log.warning("figure_not_counted", figure=figure.name, error=str(error))
            return Shown(figure.name, figure.title, figure.template, None)
        cache.set(key, found, KEPT_SECONDS)
    return Shown(figure.name, figure.title, figure.template, figure.draw(found))
