"""What the log does at the administrators' desk: it notes what somebody takes away from there."""

from functools import partial
from typing import Protocol, cast
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit import log, tally
from audit.actions import Action
from core import client
from core.desk import figures
from core.desk.exports import Export

FIGURES = [
    figures.daily("sign-ins", _("Sign-ins"), partial(tally.by_day, Action.SIGN_IN, Action.TOKEN_BEGIN), 10),
    figures.daily(
        "refusals",
        _("Refused sign-ins"),
        partial(tally.by_day, Action.SIGN_IN_REFUSE, Action.SECOND_FACTOR_REFUSE, Action.PASSKEY_REFUSE),
        11,
    ),
    figures.daily(
        "locks",
        _("Locks after wrong tries"),
        partial(tally.by_day, Action.SIGN_IN_LOCK, Action.SECOND_FACTOR_PAUSE),
        12,
    ),
    figures.daily("sign-ups", _("Sign-ups"), partial(tally.by_day, Action.SIGN_UP), 13),
]


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
