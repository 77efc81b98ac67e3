"""The one writer of the audit log. Call it in the transaction of the change it tells of: both last, or neither."""

import functools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple
from uuid import UUID

from audit import keys
from audit.actions import Action, ActorKind, Outcome
from audit.models import Event
from audit.redaction import clean, text
from core import crypto, statements
from core.client import Facts

Fields = Mapping[str, object]


class Place(NamedTuple):
    person: UUID
    actor: UUID


_place: ContextVar[Place | None] = ContextVar("place", default=None)


@contextmanager
def in_place_of(person: UUID, *, actor: UUID) -> Iterator[None]:
    """What this person does meanwhile, somebody else does in their place: every event carries both."""
    token = _place.set(Place(person, actor))
    try:
        yield
    finally:
        _place.reset(token)


def record(
    action: Action,
    *,
    actor: UUID | None = None,
    service: UUID | None = None,
    person: UUID | None = None,
    organization: UUID | None = None,
    target: tuple[str, str] | None = None,
    outcome: Outcome = Outcome.SUCCESS,
    facts: Facts | None = None,
    data: Fields | None = None,
    personal: Fields | None = None,
    before: Fields | None = None,
    after: Fields | None = None,
    by_stranger: bool = False,
    change: "Change | None" = None,
) -> Event:
    """`actor` did it, or the service account `service`; `person` is whom it concerns, `target` any other object as
    (kind, id).

    `data` stays for ever, so nothing in it may point to a person. `facts`, `personal`, `before` and `after` are
    encrypted under the key of the person concerned, else the actor's, and end with an erasure. Secrets under a
    telling name are masked in all of them. Without an actor it was the site itself, or, when there are facts of a
    client, somebody unknown. `by_stranger` keeps what is personal under the key that all unknown people share: it is
    theirs, not the person's, and writing it takes as long whoever is concerned.

    `change` is one statement that is made in the same breath: if it changes nothing, nothing is written, and the
    event that comes back has no id.
    """
    place = _place.get()
    if place is not None and actor == place.person:
        actor, person = place.actor, person or place.person
        data = {**(data or {}), "in_place_of": str(place.person)}
    target_kind, target_id = target or ("", "")
    event = Event(
        action=action,
        outcome=outcome,
        actor_kind=_kind(actor, service, facts),
        actor=actor or service,
        person=person,
        organization=organization,
        target_kind=text(target_kind),
        target_id=text(target_id),
        request_id=text(facts.request_id if facts else ""),
        changes=_changes(before or {}, after or {}),
        data=clean(data or {}),
    )
    owner = keys.NOBODY if by_stranger else event.person or event.actor or keys.NOBODY
    _encrypt(event, _personal_fields(facts, personal, before, after), owner)
    _insert(event, change)
    return event


class Change(NamedTuple):
    """An UPDATE that returns what it changed, with its parameters: $1 and so on."""

    statement: str
    parameters: tuple[object, ...]


# Every flow writes one of these: it is the statement that is made most often after those that find a session.
COLUMNS = {
    "action": "text",
    "outcome": "text",
    "actor_kind": "text",
    "actor": "uuid",
    "person": "uuid",
    "organization": "uuid",
    "target_kind": "text",
    "target_id": "text",
    "request_id": "text",
    "changes": "jsonb",
    "data": "jsonb",
    "key_id": "uuid",
    "personal": "bytea",
}


@functools.cache
def _statement(change: str, parameters: int) -> str:
    values = [f"${parameters + number}::{kind}" for number, kind in enumerate(COLUMNS.values(), start=1)]
    first, source = (f"WITH changed AS ({change})", "FROM changed") if change else ("", "")
    return (
        f"{first} INSERT INTO audit_event ({', '.join(COLUMNS)}) SELECT {', '.join(values)} {source} "
        "RETURNING id, at"
    )


def _insert(event: Event, change: Change | None) -> None:
    before = change or Change("", ())
    values = [getattr(event, column) for column in COLUMNS]
    written = [json.dumps(value) if isinstance(value, dict | list) else _stored(value) for value in values]
    row = statements.write(_statement(before.statement, len(before.parameters)), *before.parameters, *written)
    if row is not None:
        event.pk, event.at = row
        event._state.adding = False


def _stored(value: Any) -> Any:
    return "\\x" + bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _kind(actor: UUID | None, service: UUID | None, facts: Facts | None) -> ActorKind:
    if actor is not None:
        return ActorKind.PERSON
    if service is not None:
        return ActorKind.SERVICE
    return ActorKind.ANONYMOUS if facts else ActorKind.SYSTEM


def _changes(before: Fields, after: Fields) -> list[str]:
    """Names only, so that they may outlive an erasure; compared before anything is masked."""
    names = before.keys() | after.keys()
    return sorted(text(name) for name in names if before.get(name) != after.get(name))


def _personal_fields(
    facts: Facts | None, personal: Fields | None, before: Fields | None, after: Fields | None
) -> Any:
    found = {
        "address": facts.address if facts else "",
        "device": facts.device if facts else "",
        "before": before,
        "after": after,
        "details": personal,
    }
    return clean({name: value for name, value in found.items() if value})


def _encrypt(event: Event, fields: dict[str, Any], owner: UUID) -> None:
    if not fields:
        return
    event.key_id = owner
    key = keys.for_writing(owner)
    if key is not None:
        plain = json.dumps(fields).encode()
        event.personal = crypto.encrypt_with(key, plain, context=event.personal_context)
