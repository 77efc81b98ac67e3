"""Forgetting a person: their key goes, their rows stay, and the chain of seals still holds."""

from uuid import UUID

from django.db import transaction

from audit import keys, log
from audit.actions import Action
from core.client import Facts


def erase(person: UUID, *, actor: UUID | None = None, facts: Facts | None = None) -> None:
    """Nobody can read again what the log says about this person, nor will it note anything personal in future.

    Copies of the key in backups and in PostgreSQL's write-ahead log end with those.
    """
    if person == keys.NOBODY:
        raise ValueError("the key of unknown people is shared and cannot be destroyed")
    with transaction.atomic():
        if keys.destroy(person):
            log.record(Action.PERSON_ERASE, actor=actor, person=person, facts=facts)
