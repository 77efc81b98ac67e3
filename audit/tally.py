"""Events counted by day and action: a day that is over is counted once, today again and again."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, Max, Sum
from django.utils import timezone

from audit.actions import Action
from audit.models import DayTally, Event
from core.desk import figures

# No event is committed later than ten minutes after its time: see audit.chain.
SETTLED = timedelta(minutes=15)


def catch_up() -> int:
    """Counts the days that figures show, as far as that has not been done for good; answers how many they were."""
    last = dict(DayTally.objects.values_list("day").annotate(Max("counted_at")))
    due = [day for day in figures.days() if day not in last or last[day] < _midnight(day, 1) + SETTLED]
    for day in due:
        _count(day)
    return len(due)


def by_day(*actions: Action) -> dict[str, int]:
    rows = DayTally.objects.filter(day__gte=figures.days()[0], action__in=actions)
    return {day.isoformat(): number for day, number in rows.values_list("day").annotate(Sum("number"))}


def _count(day: date) -> None:
    now = timezone.now()
    events = Event.objects.between(_midnight(day), _midnight(day, 1)).order_by()
    found = dict(events.values_list("action").annotate(Count("pk")))
    _keep(day, [*found.items(), *([] if found else [("", 0)])], now)


def _keep(day: date, numbers: Iterable[tuple[str, int]], now: datetime) -> None:
    DayTally.objects.bulk_create(
        [DayTally(day=day, action=action, number=number, counted_at=now) for action, number in numbers],
        update_conflicts=True,
        unique_fields=["day", "action"],
        update_fields=["number", "counted_at"],
    )


def _midnight(day: date, later: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=later), time(), tzinfo=UTC)
