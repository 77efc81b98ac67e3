"""Where somebody came from is encrypted for each person: to find an address, events are decrypted one by one.

So only the newest of those that everything else leaves over are looked through, and the page says how many.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from audit.models import Event

LOOKED_THROUGH = 7_500


@dataclass(frozen=True)
class Looked:
    """What was found, and how far it was looked: `since` where there is more beyond."""

    found: list[int]
    number: int
    since: datetime | None


def look(events: QuerySet[Event], address: str) -> Looked:
    """`address` may be the beginning of one."""
    limit = LOOKED_THROUGH
    rows = list(events.select_related("key").order_by("-id")[: limit + 1])
    looked = rows[:limit]
    found = [event.pk for event in looked if event.personal_fields().address.startswith(address)]
    return Looked(found, len(looked), looked[-1].at if len(rows) > limit else None)
