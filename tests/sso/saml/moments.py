"""How identity providers write a moment, and whether one is about right."""

from datetime import datetime, timedelta

from django.utils import timezone

# Between two clocks, added to whatever is remembered.
SKEW = timedelta(minutes=2)
HOUR = 3600


def milliseconds(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def seven_digits(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "7Z"


def with_offset(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def near(moment: datetime, offset: float, before: datetime) -> bool:
    """Within the time that passes in a test."""
    return before + timedelta(seconds=offset - 1) <= moment <= timezone.now() + timedelta(seconds=offset)
