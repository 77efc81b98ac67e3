"""The one writer of the audit log. Call it in the transaction of the change it tells of: both last, or neither."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from audit import keys
from audit.actions import Action, ActorKind, Outcome
from audit.models import Event
from audit.redaction import clean, text
from core import crypto
from core.client import Facts

Fields = Mapping[str, object]


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
) -> Event:
    """`actor` did it, or the service account `service`; `person` is whom it concerns, `target` any other object as
    (kind, id).

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
    event.save(force_insert=True)
    return event


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
