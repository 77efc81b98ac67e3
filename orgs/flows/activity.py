"""An organization's own part of the log, a page at a time, in words for its people."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actions import ActorKind, Outcome
from audit.models import Event, PersonalFields
from orgs.models import Membership, Organization

PAGE_SIZE = 50
NO_MEMBER = gettext_lazy("somebody who is not a member")
# Of an organization's service accounts, by their public ids; tokens knows them.
NamesOfServices = Callable[[Organization], dict[UUID, str]]
_names_of_services: list[NamesOfServices] = []


def register_services(names: NamesOfServices) -> None:
    _names_of_services[:] = [names]


@dataclass(frozen=True)
class Entry:
    event_id: int
    at: datetime
    action: str
    what: str
    actor: str
    person: str
    is_warning: bool
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    about: str = ""


def page(
    organization: Organization, *, before: int | None = None, size: int = PAGE_SIZE
) -> tuple[list[Entry], int | None]:
    """The newest first, and where the next page begins, if there is one."""
    events = Event.objects.of_organization(organization.public_id).with_keys()
    if before is not None:
        events = events.before(before)
    found = list(events[: size + 1])
    names = _names(organization, found[:size])
    return [_entry(event, names) for event in found[:size]], found[size - 1].pk if len(found) > size else None


def _names(organization: Organization, events: list[Event]) -> dict[UUID, str]:
    """Of whoever appears in it and is a member: what others are called by now is no business of the organization's."""
    services = {}
    if any(event.actor_kind == ActorKind.SERVICE for event in events):
        services = {key: name for of_all in _names_of_services for key, name in of_all(organization).items()}
    return {**services, **_names_of_members(organization, events)}


def _names_of_members(organization: Organization, events: Iterable[Event]) -> dict[UUID, str]:
    ids = {person for event in events for person in (event.actor, event.person) if person}
    rows = Membership.objects.of(organization).filter(user__public_id__in=ids).select_related("user")
    return {row.user.public_id: row.user.get_full_name() for row in rows}


def _entry(event: Event, names: dict[UUID, str]) -> Entry:
    known = event.personal_fields()
    return Entry(
        event_id=event.pk,
        at=event.at,
        action=event.action,
        what=event.get_action_display(),
        actor=_actor(event, names),
        person=names.get(event.person, str(NO_MEMBER))
        if event.person and event.person != event.actor
        else "",
        is_warning=event.outcome == Outcome.REFUSED,
        changes=_changes(known),
        about=_about(event, known),
    )


def _about(event: Event, known: PersonalFields) -> str:
    named = [known.details.get("email"), event.data.get("team"), known.after.get("name")]
    return str(next((name for name in [*named, known.details.get("service")] if name), ""))


def _actor(event: Event, names: dict[UUID, str]) -> str:
    if event.data.get("by_operator") or event.actor_kind == ActorKind.SYSTEM:
        return _("the people who run this site")
    if event.actor is None:
        return ""
    if event.actor_kind == ActorKind.SERVICE:
        name = names.get(event.actor)
        return (
            _("the service account %(name)s") % {"name": name}
            if name
            else _("a service account that is gone")
        )
    return names.get(event.actor, str(NO_MEMBER))


def _changes(known: PersonalFields) -> list[tuple[str, str, str]]:
    names = [name for name in known.after if known.before.get(name) != known.after[name]]
    return (
        [(name, _text(known.before.get(name)), _text(known.after[name])) for name in names]
        if known.before
        else []
    )


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return "" if value is None else str(value)
