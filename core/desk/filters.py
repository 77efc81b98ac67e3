"""What a list can be narrowed down by, without a look into the table: every choice is known beforehand."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import BadRequest
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

Text = str | Promise
DAY = timedelta(days=1)
MONTHS_SHOWN = 6
LAST = {"7d": 7, "30d": 30}
MONTH = re.compile(r"\d{4}-\d{2}")
RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})?\.\.(\d{4}-\d{2}-\d{2})?")


class Filter(admin.SimpleListFilter):
    parameter_name: str


class Days(Filter):
    """From the last days and months down to one day. Django's own date_hierarchy reads the whole table for that."""

    column: ClassVar[str]
    template = "admin/filters/days.html"
    note = ""

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        """Sent twice, as the two fields of the form do, it is from one day to another."""
        sent = params.get(self.parameter_name) or []
        if len(sent) == 2:
            params[self.parameter_name] = ["..".join(sent)] if any(sent) else [""]
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        today = timezone.localdate()
        named = [(today.isoformat(), _("Today")), ("7d", _("Last 7 days")), ("30d", _("Last 30 days"))]
        return named + [(f"{day:%Y-%m}", date_format(day, "F Y")) for day in _months(today)]

    def choices(self, changelist: Any) -> Iterator[Any]:
        self.kept = kept(changelist, self.parameter_name)
        yield from super().choices(changelist)
        value = str(self.value() or "")
        if len(value) >= len("2026-11") and MONTH.match(value) and ".." not in value:
            for day in _days_of(value[:7]):
                yield {
                    "selected": value == day.isoformat(),
                    "query_string": changelist.get_query_string({self.parameter_name: day.isoformat()}),
                    "display": day.day,
                    "is_day": True,
                }

    @property
    def begin(self) -> str:
        return self._range[0]

    @property
    def end(self) -> str:
        return self._range[1]

    @property
    def _range(self) -> tuple[str, str]:
        begin, dots, end = str(self.value() or "").partition("..")
        return (begin, end) if dots else ("", "")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        begin, end = span(value)
        if begin and end and begin >= end:
            self.note = _("The first day is after the last one: there is nothing between them.")
        if begin:
            queryset = queryset.filter(**{f"{self.column}__gte": _midnight(begin)})
        return queryset.filter(**{f"{self.column}__lt": _midnight(end)}) if end else queryset


def days(column: str, title: Text) -> type[Days]:
    names = {"column": column, "parameter_name": f"{column}_day", "title": title}
    return type("DaysOf", (Days,), names)


def span(value: str) -> tuple[date | None, date | None]:
    """A day, a month, `7d`, or `FROM..TO` with both days in it; up to, not including, the second."""
    today = timezone.localdate()
    try:
        if value in LAST:
            return today - timedelta(days=LAST[value] - 1), None
        if match := RANGE.fullmatch(value):
            begin, end = (date.fromisoformat(text) if text else None for text in match.groups())
            return begin, end + DAY if end else None
        if MONTH.fullmatch(value):
            first = date.fromisoformat(f"{value}-01")
            return first, _next_month(first)
        day = date.fromisoformat(value)
        return day, day + DAY
    except (ValueError, OverflowError):
        raise BadRequest from None


def choices(parameter: str, title: Text, offered: Mapping[str, tuple[Text, Q]]) -> type[Filter]:
    """Named conditions, such as how something ended."""

    def lookups(self: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [(name, label) for name, (label, _condition) in offered.items()]

    def queryset(self: Any, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return rows
        if self.value() not in offered:
            raise BadRequest
        return rows.filter(offered[self.value()][1])

    names = {"parameter_name": parameter, "title": title, "lookups": lookups, "queryset": queryset}
    return type("ChoicesOf", (Filter,), names)


class Typed(Filter):
    """Something to type in, such as a public id."""

    template = "admin/filters/typed.html"
    note = ""
    find: ClassVar[Callable[[str], Q | None]]
    example: ClassVar[Text] = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        # Django leaves out a filter without choices.
        return [("", "")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {
            "value": self.value() or "",
            "kept": kept(changelist, self.parameter_name),
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        text = (self.value() or "").strip()
        if not text:
            return queryset
        found = type(self).find(text)
        if found is None:
            self.note = unknown(text)
            return queryset.none()
        return queryset.filter(found)


def typed(parameter: str, title: Text, find: Callable[[str], Q | None], example: Text = "") -> type[Typed]:
    names = {"parameter_name": parameter, "title": title, "find": staticmethod(find), "example": example}
    return type("TypedOf", (Typed,), names)


def unknown(text: str) -> str:
    """Why a list is empty: a filter had been given a name."""
    return _("Nothing here is called “%(text)s”, or more than one is.") % {"text": text}


def kept(changelist: Any, parameter: str) -> list[tuple[str, str]]:
    """What a form sends along, so that the other filters stay."""
    others = changelist.get_filters_params()
    found = [(name, value) for name, values in others.items() if name != parameter for value in values]
    return [*found, ("q", changelist.query)] if changelist.query else found


def _midnight(day: date) -> datetime:
    """By the clock of whoever looks, as the times in the list are shown."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _months(today: date) -> Iterator[date]:
    month = today.replace(day=1)
    for _number in range(MONTHS_SHOWN):
        yield month
        month = (month - DAY).replace(day=1)


def _days_of(month: str) -> Iterator[date]:
    first, end = span(month)
    while first and end and first < end:
        yield first
        first += DAY
