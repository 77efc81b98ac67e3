"""What the log does at the administrators' desk: it notes what somebody takes away from there."""

from typing import Protocol, cast
from uuid import UUID

from django.http import HttpRequest

from audit import log
from audit.actions import Action
from core import client
from core.desk.exports import Export


class Person(Protocol):
    public_id: UUID


def actor(request: HttpRequest) -> UUID:
    """The desk lets nobody in who is not signed in."""
    return cast(Person, request.user).public_id


def note_export(request: HttpRequest, export: Export) -> None:
    """What it was narrowed down by may name people, so it is kept under the key of whoever asked."""
    log.record(
        Action.LIST_EXPORT,
        actor=actor(request),
        facts=client.facts(request),
        data={"list": export.what, "format": export.format.value, "rows": export.rows},
        personal={"filters": dict(export.filters)} if export.filters else None,
    )
