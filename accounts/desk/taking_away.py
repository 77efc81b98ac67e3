"""Everything that the log knows about a person, as a file: for themselves when they ask, or for an auditor."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from accounts.desk.acts import Act, Order
from accounts.desk.errors import NotNow
from accounts.models import User
from audit import log
from audit.actions import Action, ActorKind
from audit.models import Event
from core.desk import exports
from core.desk.exports import Export, Format
from core.desk.permissions import SitePermission

BATCH = 500
STORED = ("at", "action", "outcome", "actor_kind", "actor", "person", "organization", "request_id", "data")
PERSONAL = ("address", "device", "before", "after", "details")
WHERE = {"address", "device"}
COLUMNS = ["id", *STORED, *PERSONAL]


class FormatForm(forms.Form):
    format = forms.ChoiceField(label=_("As"), choices=Format.choices, initial=Format.NDJSON)


def take_away(order: Order) -> HttpResponseBase:
    if order.request is None:
        raise NotNow
    log.record(
        Action.PERSON_EXPORT,
        actor=order.actor.public_id,
        person=order.user.public_id,
        facts=order.facts,
        personal={"reason": order.reason},
    )
    about = Export("events-of-person", Format(order.answers["format"]), {}, "")
    return exports.answer(order.request, about, COLUMNS, events(order.user))


def events(user: User) -> Iterator[Mapping[str, Any]]:
    """The newest first, however many, a batch in memory at a time."""
    found = list(Event.objects.of_person(user.public_id)[:BATCH])
    while found:
        yield from map(_row, found)
        found = list(Event.objects.of_person(user.public_id).before(found[-1].pk)[:BATCH])


def _row(event: Event) -> dict[str, Any]:
    """Where somebody else works who did something to them stays out of it."""
    known = event.personal_fields()
    own = event.by_themselves or event.actor_kind == ActorKind.ANONYMOUS
    return {
        "id": event.pk,
        **{name: getattr(event, name) for name in STORED},
        **{name: getattr(known, name) if own or name not in WHERE else "" for name in PERSONAL},
    }


ACT = Act(
    name="export-events",
    label=_("Take away their events"),
    explains=_(
        "Everything that the log knows about them, as a file. That you took it is noted, and they see it."
    ),
    needs=SitePermission.PEOPLE_EXPORT,
    do=take_away,
    to_oneself=True,
    asks_reason=True,
    is_dangerous=True,
    form=FormatForm,
    order=60,
)
