"""Growing tables are emptied in small bites, so that no lock is held long."""

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from core.models import OutboxMessage, RateCounter

BATCH = 1000


def prune() -> None:
    finished = [OutboxMessage.State.SENT, OutboxMessage.State.FAILED]
    oldest = timezone.now() - settings.OUTBOX_RETENTION
    delete_in_batches(OutboxMessage.objects.filter(state__in=finished, created_at__lt=oldest))
    delete_in_batches(RateCounter.objects.filter(ends_at__lt=timezone.now()))


def delete_in_batches(rows: QuerySet) -> int:  # type: ignore[type-arg]
    total = 0
    while deleted := rows.model._base_manager.filter(
        pk__in=list(rows.values_list("pk", flat=True)[:BATCH])
    ).delete()[0]:
        total += deleted
    return total
