"""Verification on demand: asked for at the desk, done by a worker however long it takes, and the answer kept."""

from datetime import timedelta
from uuid import UUID

from django.db import DataError, transaction
from django.db.models import Q
from django.utils import timezone

from audit import log, verification
from audit.actions import Action, Outcome
from audit.models import Verification
from audit.verification import Fault
from core.client import Facts
from core.outbox import broker

TASK = "audit.tasks.verify_asked"
# Whatever takes longer has died on the way.
LONGEST = timedelta(hours=6)


def latest() -> Verification | None:
    return Verification.objects.order_by("-pk").first()


def is_under_way(row: Verification | None) -> bool:
    return (
        row is not None
        and row.finished_at is None
        and (row.begun_at or row.asked_at) > timezone.now() - LONGEST
    )


def ask(*, actor: UUID, facts: Facts) -> Verification:
    """One at a time: whoever asks while one is under way gets its answer."""
    running = latest()
    if running is not None and is_under_way(running):
        return running
    with transaction.atomic():
        row = Verification.objects.create(asked_by=actor)
        log.record(Action.LOG_VERIFY, actor=actor, facts=facts, target=("verification", str(row.pk)))
        transaction.on_commit(lambda: broker.nudge(TASK), robust=True)
    return row


def work_off() -> int:
    """What was asked for and nobody has begun; a task that is delivered twice finds nothing the second time."""
    done = 0
    for row in Verification.objects.filter(begun_at__isnull=True).order_by("pk"):
        if Verification.objects.filter(Q(begun_at__isnull=True), pk=row.pk).update(begun_at=timezone.now()):
            _verify(row)
            done += 1
    return done


def _verify(row: Verification) -> None:
    found: dict[str, object]
    try:
        report = verification.verify()
    except (Fault, DataError) as fault:
        found = {"fault": str(fault)}
    else:
        found = {
            "events": report.events,
            "seals": report.seals,
            "waiting": report.waiting,
            "head": report.head,
        }
    with transaction.atomic():
        Verification.objects.filter(pk=row.pk).update(finished_at=timezone.now(), **found)
        log.record(
            Action.LOG_VERIFIED,
            target=("verification", str(row.pk)),
            outcome=Outcome.REFUSED if "fault" in found else Outcome.SUCCESS,
            data=found,
        )
