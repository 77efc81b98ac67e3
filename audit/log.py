"""The one writer of the audit log. Call it in the transaction of the change it tells of: both last, or neither."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from audit import keys
from audit.actions import Action, ActorKind, Outcome
from audit.models import Event
from audit.redaction import clean, text
from core import crypto, statements
from core.client import Facts

Fields = Mapping[str, object]


def record(
    action: Action,
    *,
    actor: UUID | None = None,
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
) -> Event:
    """`actor` did it, `person` is whom it concerns, `target` any other object as (kind, id).

    `data` stays for ever, so nothing in it may point to a person. `facts`, `personal`, `before` and `after` are
    encrypted under the key of the person concerned, else the actor's, and end with an erasure. Secrets under a
    telling name are masked in all of them. Without an actor it was the site itself, or, when there are facts of a
    client, somebody unknown. `by_stranger` keeps what is personal under the key that all unknown people share: it is
    theirs, not the person's, and writing it takes as long whoever is concerned.
    """
    target_kind, target_id = target or ("", "")
    event = Event(
        action=action,
        outcome=outcome,
        actor_kind=_kind(actor, facts),
        actor=actor,
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
    _insert(event)
    return event


# Every flow writes one of these: it is the statement that is made most often after those that find a session.
INSERT = """
INSERT INTO audit_event (action, outcome, actor_kind, actor, person, organization, target_kind, target_id, request_id,
  changes, data, key_id, personal)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
RETURNING id, at
"""


def _insert(event: Event) -> None:
    row = statements.write(
        INSERT,
        event.action,
        event.outcome,
        event.actor_kind,
        event.actor,
        event.person,
        event.organization,
        event.target_kind,
        event.target_id,
        event.request_id,
        json.dumps(event.changes),
        json.dumps(event.data),
        event.key_id,
        None if event.personal is None else "\\x" + bytes(event.personal).hex(),
    )
    assert row is not None  # noqa: S101 - an insert that did not fail returns its row
    event.pk, event.at = row
    event._state.adding = False


def _kind(actor: UUID | None, facts: Facts | None) -> ActorKind:
    if actor is not None:
        return ActorKind.PERSON
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
