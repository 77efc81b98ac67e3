"""A person's own part of the log, a page at a time, in words for people."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from audit.actions import ActorKind, Outcome
from audit.models import Event

PAGE_SIZE = 25
OTHERS = (ActorKind.PERSON, ActorKind.SERVICE)


@dataclass(frozen=True)
class Entry:
    event_id: int
    at: datetime
    what: str
    is_warning: bool
    by_others: bool
    address: str
    device: str


def page(user: User, *, before: int | None = None, size: int = PAGE_SIZE) -> tuple[list[Entry], int | None]:
    """The newest first, and where the next page begins, if there is one."""
    events = Event.objects.of_person(user.public_id)
    if before is not None:
        events = events.before(before)
    found = list(events[: size + 1])
    return [_entry(event) for event in found[:size]], found[size - 1].pk if len(found) > size else None


def _entry(event: Event) -> Entry:
    known = event.personal_fields()
    # Of an administrator, the person learns that it was one, and not from where they work.
    shown = event.by_themselves or event.actor_kind == ActorKind.ANONYMOUS
    return Entry(
        event_id=event.pk,
        at=event.at,
        what=event.get_action_display(),
        is_warning=event.outcome == Outcome.REFUSED,
        by_others=event.actor_kind in OTHERS and not event.by_themselves,
        address=known.address if shown else "",
        device=known.device if shown else "",
    )
