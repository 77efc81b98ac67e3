"""Seals: batches of events, chained by keyed digests, so that the log cannot be rewritten behind our back.

An event may turn up late: it took its number, and later numbers were sealed before its transaction ended. The sealer
looks back for such events, yet only so far that nobody can slip one in between old ones. Each seal notes when the
sealer last saw everything there was (`complete_at`). An honest event that was not there to be seen was committed
after that moment, and no transaction can commit an event older than ten minutes (a trigger sees to it). So whatever
turns up older than `complete_at` less fifteen minutes was inserted by hand: it is not sealed, and verification
names it. After an outage of the sealer `complete_at` is as old as the outage, and all that happened is sealed.
"""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import BigIntegerField, Func, QuerySet

from audit import leaves
from audit.leaves import Leaf
from audit.models import Event, Seal
from core import crypto

log = structlog.get_logger(__name__)

BATCH = 1000
LATENESS = timedelta(minutes=15)
# In quiet times an empty seal tells that there was nothing, and its absence that seals were cut off.
HEARTBEAT = timedelta(minutes=15)
# What the first seal follows.
GENESIS = Seal(id=0, digest=bytes(32), highest=-(2**63), complete_at=None)
# Any number will do that nothing else locks in this database.
LOCK = int.from_bytes(b"auditlog")


class SealerAtWork(Exception):
    """Another process is sealing this very moment."""


def seal() -> int:
    """Seals all that waits and answers how many events; where another sealer is at work, it is left to that one."""
    sealed = 0
    with contextlib.suppress(SealerAtWork):
        for count in _batches():
            sealed += count
    return sealed


def came_too_late(event: Leaf, complete_at: datetime | None) -> bool:
    """Whether it must have been inserted by hand, if it is in no seal up to the one that saw everything then."""
    return complete_at is not None and event.is_older_than(complete_at - LATENESS)


def _batches() -> Iterator[int]:
    looked_at = _database_time()
    yield from _until_exhausted(_latecomers, looked_at=None)
    yield from _until_exhausted(_newcomers, looked_at=looked_at)


def _until_exhausted(waiting: Callable[[Seal], QuerySet[Event]], looked_at: datetime | None) -> Iterator[int]:
    seen = BATCH
    while seen == BATCH:
        seen, sealed = _seal_batch(waiting, looked_at)
        yield sealed


@transaction.atomic
def _seal_batch(waiting: Callable[[Seal], QuerySet[Event]], looked_at: datetime | None) -> tuple[int, int]:
    """How many events were looked at, and how many of them sealed."""
    lock()
    head = newest()
    seen = list(leaves.of(waiting(head)[:BATCH]))
    complete_at = looked_at if looked_at and len(seen) < BATCH else head.complete_at
    if seen or _heartbeat_due(head, complete_at):
        batch = [event for event in seen if not came_too_late(event, head.complete_at)]
        seal = append(
            head,
            batch,
            highest=max([head.highest, *(event.event_id for event in seen)]),
            complete_at=complete_at,
        )
        # The log of the process leaves this machine, so it can prove what the head was: verify_audit_log --head.
        transaction.on_commit(
            lambda: log.info("audit_sealed", seal=seal.id, events=len(batch), head=seal.digest.hex())
        )
        return len(seen), len(batch)
    return 0, 0


def _latecomers(head: Seal) -> QuerySet[Event]:
    """Events that turn up behind the highest number, as far back as an honest one can."""
    behind, seals = Event.objects.filter(id__lte=head.highest), Seal.objects.all()
    if head.complete_at is not None:
        since = head.complete_at - LATENESS
        # Numbers up to the highest of this seal were all given out too long ago.
        older = _without_events(seals.filter(sealed_at__lt=since)).order_by("-id").first() or GENESIS
        behind, seals = behind.filter(id__gt=older.highest, at__gte=since), seals.filter(id__gt=older.id)
    # EXCEPT sorts or hashes whatever the planner believes; NOT IN may become a scan per row.
    unsealed = behind.order_by().values_list("id").difference(seals.values_list(_Unnest("event_ids")))
    return Event.objects.filter(id__in=[row[0] for row in unsealed.order_by("id")[:BATCH]]).order_by("id")


def _newcomers(head: Seal) -> QuerySet[Event]:
    """Up to the highest number given out: one beyond it was not, and would put every later event behind it."""
    return Event.objects.filter(id__gt=head.highest, id__lte=_last_number()).order_by("id")


def newest() -> Seal:
    return _without_events(Seal.objects.all()).order_by("-id").first() or GENESIS


def append(head: Seal, batch: list[Leaf], *, highest: int, complete_at: datetime | None) -> Seal:
    """The caller holds the lock, and vouches for the batch: whoever sees it sealed believes that it was in time."""
    ids = [event.event_id for event in batch]
    seal = Seal(
        id=head.id + 1,
        previous=head.digest,
        event_ids=ids,
        leaves=b"".join(event.digest for event in batch),
        count=len(ids),
        highest=highest,
        complete_at=complete_at,
        sealed_at=_database_time(),
        key_id=crypto.primary_key_id(),
    )
    seal.digest = seal.computed_digest()
    seal.save(force_insert=True)
    return seal


def _heartbeat_due(head: Seal, complete_at: datetime | None) -> bool:
    if complete_at is None or head is GENESIS:
        return False
    return head.complete_at is None or complete_at - head.complete_at >= HEARTBEAT


def lock() -> None:
    """Until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        (locked,) = cursor.fetchone()
    if not locked:
        raise SealerAtWork


def _database_time() -> datetime:
    """Of one clock for all: the machines of web and worker may disagree."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def _last_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM audit_event_id_seq")
        number: int = cursor.fetchone()[0]
    return number


def _without_events(seals: QuerySet[Seal]) -> QuerySet[Seal]:
    return seals.defer("event_ids", "leaves")


class _Unnest(Func):
    function = "unnest"
    set_returning = True
    output_field = BigIntegerField()
