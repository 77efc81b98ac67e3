"""Reads the whole log in constant memory and compares it with its seals."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from audit import leaves
from audit.chain import GENESIS, came_too_late
from audit.leaves import Leaf
from audit.models import Event, Seal
from core import crypto

EVENT_PAGE = 2000
SEAL_PAGE = 100


class FaultKind(TextChoices):
    ALTERED = "altered", _("event {number} was altered after it had been sealed")
    MISSING = "missing", _("event {number} is missing, and it had been sealed")
    INSERTED = "inserted", _("event {number} was inserted afterwards")
    SEAL_ALTERED = "seal-altered", _("seal {number} was altered or replaced")
    SEAL_MISSING = "seal-missing", _("seal {number} is missing")
    KEY_MISSING = "key-missing", _("seal {number} needs a key that is no longer in FIELD_ENCRYPTION_KEYS")
    HEAD_MISSING = (
        "head-missing",
        _("no seal has the digest noted earlier: the end was cut off or written anew"),
    )


class Fault(Exception):
    """The first difference between the log and its seals: `number` is that of the event or the seal."""

    def __init__(self, kind: FaultKind, number: int = 0) -> None:
        super().__init__(kind.label.format(number=number))
        self.kind = kind
        self.number = number


@dataclass
class Report:
    events: int = 0
    seals: int = 0
    waiting: int = 0
    head: str = bytes(GENESIS.digest).hex()
    sealed_at: datetime | None = None
    # Seals come at least every quarter of an hour: a gap is an outage, or the place where seals were cut off.
    longest_gap: timedelta = timedelta(0)
    seal_after_gap: int = 0


def verify(*, head: bytes | None = None) -> Report:
    """Raises the first Fault; with `head`, also where no seal has this digest."""
    return _Walk(head).run()


class _Walk:
    """Goes through seals and events side by side, both by number."""

    def __init__(self, head: bytes | None) -> None:
        self.report = Report()
        self.head_to_find = head
        self.previous = GENESIS
        # The log grows while we read it. Every event of these seals can be seen from here on.
        self.newest = Seal.objects.order_by("-id").values_list("id", flat=True).first() or 0
        self.events = _events()
        self.next_event = next(self.events, None)
        # Gone past in the table, and in no seal so far: late ones, waiting ones, inserted ones.
        self.unsealed: dict[int, Leaf] = {}

    def run(self) -> Report:
        for seal in _seals(self.newest):
            self.check_seal(seal)
            self.check_events(seal)
            self.previous = seal
        self.check_waiting()
        if self.head_to_find is not None:
            raise Fault(FaultKind.HEAD_MISSING)
        return self.report

    def check_seal(self, seal: Seal) -> None:
        if seal.id != self.previous.id + 1:
            raise Fault(FaultKind.SEAL_MISSING, self.previous.id + 1)
        try:
            genuine = bytes(seal.digest) == seal.computed_digest()
        except crypto.DecryptionError as error:
            raise Fault(FaultKind.KEY_MISSING, seal.id) from error
        if not genuine or bytes(seal.previous) != bytes(self.previous.digest):
            raise Fault(FaultKind.SEAL_ALTERED, seal.id)
        if seal.digest == self.head_to_find:
            self.head_to_find = None
        self._note(seal)

    def check_events(self, seal: Seal) -> None:
        while self.next_event and self.next_event.event_id <= seal.highest:
            self.unsealed[self.next_event.event_id] = self.next_event
            self.next_event = next(self.events, None)
        for event_id, digest in seal.entries():
            found = self.unsealed.pop(event_id, None)
            if found is None:
                raise Fault(FaultKind.MISSING, event_id)
            if found.digest != digest:
                raise Fault(FaultKind.ALTERED, event_id)
        for event in self.unsealed.values():
            _refuse_inserted(event, seal)

    def check_waiting(self) -> None:
        """Beyond the highest sealed number; there may be millions after an outage of the sealer."""
        self.report.waiting = len(self.unsealed)
        while self.next_event:
            _refuse_inserted(self.next_event, self.previous)
            self.report.waiting += 1
            self.next_event = next(self.events, None)

    def _note(self, seal: Seal) -> None:
        report = self.report
        report.seals += 1
        report.events += seal.count
        if report.sealed_at and seal.sealed_at - report.sealed_at > report.longest_gap:
            report.longest_gap, report.seal_after_gap = seal.sealed_at - report.sealed_at, seal.id
        report.head, report.sealed_at = bytes(seal.digest).hex(), seal.sealed_at


def _refuse_inserted(event: Leaf, seal: Seal) -> None:
    """Of an event that is in no seal up to this one."""
    if came_too_late(event, seal.complete_at):
        raise Fault(FaultKind.INSERTED, event.event_id)


def _events() -> Iterator[Leaf]:
    """Page by page: no cursor stays open, so no snapshot holds back the vacuum and no time limit strikes."""
    events = Event.objects.order_by("id")
    page = list(leaves.of(events[:EVENT_PAGE]))
    while page:
        yield from page
        page = list(leaves.of(events.filter(id__gt=page[-1].event_id)[:EVENT_PAGE]))


def _seals(newest: int) -> Iterator[Seal]:
    seals = Seal.objects.filter(id__lte=newest).order_by("id")
    page = list(seals[:SEAL_PAGE])
    while page:
        yield from page
        page = list(seals.filter(id__gt=page[-1].id)[:SEAL_PAGE])
