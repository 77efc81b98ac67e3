"""Reads of the log, newest first. `before` continues a list where the last page ended, at the same cost."""

from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from audit.actions import Action

if TYPE_CHECKING:
    from audit.models import Event
else:
    Event = models.Model


class EventQuerySet(models.QuerySet[Event]):
    def of_person(self, person: UUID) -> Self:
        """What they did and what was done to them."""
        # In the plain order of numbers, the planner may walk back through everybody's events to find these.
        newest_first = (F("id") + 0).desc()
        return self.filter(Q(person=person) | Q(actor=person)).order_by(newest_first).with_keys()

    def by_actor(self, actor: UUID) -> Self:
        return self._along("actor", actor)

    def of_organization(self, organization: UUID) -> Self:
        return self._along("organization", organization)

    def of_action(self, *actions: Action) -> Self:
        return self.filter(action__in=actions)

    def between(self, start: datetime, end: datetime) -> Self:
        """From `start` up to, not including, `end`. In order of time, so that the index on time serves."""
        return self.filter(at__gte=start, at__lt=end).order_by("-at", "-id")

    def before(self, event_id: int) -> Self:
        return self.filter(id__lt=event_id)

    def _along(self, column: str, value: UUID) -> Self:
        """Equal, but written as a range: only the index over this column and the number gives that order."""
        return self.filter(**{f"{column}__range": (value, value)}).order_by(column, "-id")

    def with_keys(self) -> Self:
        """Saves `personal_fields()` a query per row."""
        return self.select_related("key")
