"""What the log does at the administrators' desk: it notes what somebody takes away, and keeps what is taken again."""

import copy
from collections.abc import Mapping
from functools import partial
from typing import Protocol, cast
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from audit import log, tally
from audit.actions import Action
from audit.models import SavedExport
from core import client
from core.desk import figures
from core.desk.exports import Export, Format

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


def keep_export(request: HttpRequest, *, name: str, wanted: Format) -> SavedExport:
    """With what stands in the address, but where on the list somebody was."""
    filters = {
        key: values for key, values in request.GET.lists() if key not in ("before", "after") and any(values)
    }
    with transaction.atomic():
        kept = SavedExport.objects.create(name=name, filters=filters, format=wanted, made_by=actor(request))
        _note(Action.EXPORT_KEEP, request, kept)
    return kept


def drop_export(request: HttpRequest, kept: SavedExport) -> None:
    with transaction.atomic():
        _note(Action.EXPORT_DROP, request, kept)
        kept.delete()


def narrowed(request: HttpRequest, filters: Mapping[str, list[str]]) -> HttpRequest:
    """The same request, as if it had come from the list that is narrowed down like this."""
    asked, address = copy.copy(request), QueryDict(mutable=True)
    for name, values in filters.items():
        address.setlist(name, values)
    asked.GET = address  # type: ignore[assignment]
    asked.META = {**request.META, "QUERY_STRING": address.urlencode()}
    return asked


def _note(action: Action, request: HttpRequest, kept: SavedExport) -> None:
    log.record(
        action,
        actor=actor(request),
        facts=client.facts(request),
        target=("saved-export", str(kept.pk)),
        data={"format": kept.format},
        personal={"name": kept.name, "filters": kept.filters},
    )
