"""Events can be looked at, and nothing else."""

from collections.abc import Collection, Mapping
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.validators import EMPTY_VALUES
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from audit import addresses, checking, desk, names
from audit.actions import Action
from audit.models import Event, Readability, SavedExport
from audit.names import Kind
from core import client
from core.desk import filters
from core.desk.base import DeskAdmin, action
from core.desk.exports import Format
from core.desk.lists import KeysetList
from core.desk.moments import when
from core.desk.permissions import SitePermission, reach

STORED = ("at", "action", "outcome", "actor_kind", "actor", "person", "organization")
OBJECT = ("target_kind", "target_id", "request_id", "data")
PERSONAL = ("address", "device", "difference", "other_details")
PERSON, ORGANIZATION = _("address or public id"), _("short name, name or public id")


class ByAction(filters.Filter):
    """A hundred of them: a box to choose from instead of as many links."""

    title = _("action")
    parameter_name = "action"
    template = "admin/filters/select.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return sorted(Action.choices, key=lambda choice: str(choice[1]).casefold())

    def choices(self, changelist: Any) -> Any:
        self.kept = filters.kept(changelist, self.parameter_name)
        return [
            {"value": value, "display": label, "selected": value == self.value()}
            for value, label in self.lookup_choices
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        value = self.value()
        return queryset.filter(action=value) if value else queryset


class ByAddress(filters.Typed):
    """The last of the filters: it looks through what the others leave over."""

    title = _("address on the network")
    parameter_name = "address"
    example = "203.0.113.7"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        text = str(self.value() or "").strip().lower()
        if not text:
            return queryset
        narrowed, _duplicates = self.desk.get_search_results(request, queryset, request.GET.get("q", ""))
        looked = addresses.look(narrowed, text)
        self.note = _note(looked)
        return queryset.filter(pk__in=looked.found)

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        self.desk, self.note = model_admin, ""
        super().__init__(request, params, model, model_admin)


def _note(looked: addresses.Looked) -> str:
    number = number_format(looked.number, force_grouping=True)
    if looked.since is None:
        return gettext("Addresses are encrypted: all %(number)s events were looked through.") % {
            "number": number
        }
    return gettext(
        "Addresses are encrypted: only the newest %(number)s events were looked through (back to %(since)s). "
        "Choose a person, an action or days to look further back."
    ) % {"number": number, "since": when(looked.since)}


class EventList(KeysetList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        names.attach(self.result_list)


@admin.register(Event)
class EventAdmin(DeskAdmin):
    view_permission = SitePermission.EVENTS_VIEW
    list_display = ("at", "action", "outcome", "who", "concerning", "within_organization")
    list_filter = (
        filters.days("at", _("time")),
        ByAction,
        "outcome",
        filters.typed("person", _("person concerned"), names.meant(Kind.PERSON, "person"), PERSON),
        filters.typed("actor", _("actor"), names.meant(Kind.PERSON, "actor"), PERSON),
        filters.typed(
            "organization",
            _("organization"),
            names.meant(Kind.ORGANIZATION, "organization"),
            ORGANIZATION,
        ),
        ByAddress,
    )
    finds = (names.meant(Kind.PERSON, "person", "actor"),)
    search_help_text = _("The address or public id of a person: what they did, and what was done to them.")
    fields = readonly_fields = (*list_display, *OBJECT, *PERSONAL)
    # Whoever evaluates an export wants what never changes, and not how somebody is called today.
    export_columns = ["pk", *STORED]
    change_list_template = "admin/audit/event/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).select_related("key")

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "verify/", self.admin_site.admin_view(require_POST(self.verify)), name="audit_event_verify"
        )
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        latest = checking.latest()
        context = {
            "verification": latest,
            "is_verifying": checking.is_under_way(latest),
            "may_verify": self.may_verify(request),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def may_verify(self, request: HttpRequest) -> bool:
        return reach(request.user, SitePermission.EVENTS_VERIFY).everywhere

    def verify(self, request: HttpRequest) -> HttpResponseBase:
        """Begins it; the answer stands above the list once a worker has been through."""
        if not self.may_verify(request):
            raise PermissionDenied
        checking.ask(actor=desk.actor(request), facts=client.facts(request))
        self.message_user(request, _("A worker goes through the whole log."), messages.SUCCESS)
        return redirect("admin:audit_event_changelist")

    def export(self, request: HttpRequest, wanted: Format) -> HttpResponseBase:
        answer = super().export(request, wanted)
        name = request.POST.get("keep_as", "").strip()
        if name and answer.streaming:
            desk.keep_export(request, name=name[:60], wanted=wanted)
        return answer

    def within(self, rows: QuerySet[Event], organizations: Collection[UUID]) -> QuerySet[Event]:
        return rows.filter(organization__in=organizations)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[EventList]:
        return EventList

    @admin.display(description=_("who"))
    def who(self, event: Event) -> Any:
        return names.shown(event, event.actor) or event.get_actor_kind_display()

    @admin.display(description=_("person concerned"))
    def concerning(self, event: Event) -> Any:
        return names.shown(event, event.person)

    @admin.display(description=_("organization"))
    def within_organization(self, event: Event) -> Any:
        return names.shown(event, event.organization)

    @admin.display(description=_("address"))
    def address(self, event: Event) -> Any:
        return self._personal(event, "address")

    @admin.display(description=_("device"))
    def device(self, event: Event) -> Any:
        return self._personal(event, "device")

    @admin.display(description=_("what changed"))
    def difference(self, event: Event) -> Any:
        """Each field as it was and as it became. After an erasure only the names of the fields are left."""
        fields = event.personal_fields()
        readable = fields.state == Readability.READABLE
        rows = (
            compared(fields.before, fields.after) if readable else [(name, "", "") for name in event.changes]
        )
        if not rows:
            return None if readable else fields.state.label
        context = {"rows": rows, "state": "" if readable else fields.state.label}
        return render_to_string("admin/audit/event/difference.html", context)

    @admin.display(description=_("other personal details"))
    def other_details(self, event: Event) -> Any:
        return self._personal(event, "details")

    def _personal(self, event: Event, name: str) -> Any:
        fields = event.personal_fields()
        return getattr(fields, name) or None if fields.state == Readability.READABLE else fields.state.label


class KeptList(KeysetList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        makers = names.of(Kind.PERSON, {kept.made_by for kept in self.result_list})
        for kept in self.result_list:
            vars(kept)["maker"] = makers.get(kept.made_by)


@admin.register(SavedExport)
class SavedExportAdmin(DeskAdmin):
    """Of the log, made on its list. Days such as the last seven are those before each run."""

    view_permission = SitePermission.LISTS_EXPORT
    list_display = ("name", "narrowed_down_by", "format", "maker", "made_at", "last_run_at")
    list_display_links = None
    actions = ("run", "drop")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeptList]:
        return KeptList

    @admin.display(description=_("made by"))
    def maker(self, kept: SavedExport) -> Any:
        return names.linked(kept.made_by, vars(kept).get("maker"))

    @admin.display(description=_("narrowed down by"))
    def narrowed_down_by(self, kept: SavedExport) -> str:
        return in_words(kept.filters) or gettext("nothing: the whole log")

    @action(
        SitePermission.LISTS_EXPORT,
        _("Run: take it away once more"),
        explains=_("The events are looked for anew. That you took them away is noted in the log."),
        is_dangerous=True,
    )
    def run(self, request: HttpRequest, chosen: QuerySet[SavedExport]) -> Any:
        kept = chosen.first()
        if kept is None or len(chosen) > 1:
            self.message_user(request, _("Choose one of them."), messages.ERROR)
            return None
        events = cast(EventAdmin, self.admin_site.get_model_admin(Event))
        if not events.has_view_permission(request):
            raise PermissionDenied
        chosen.update(last_run_at=timezone.now())
        return events.export(desk.narrowed(request, kept.filters), Format(kept.format))

    @action(
        SitePermission.LISTS_EXPORT,
        _("Delete the chosen exports"),
        explains=_("What was taken away stays with whoever took it."),
    )
    def drop(self, request: HttpRequest, chosen: QuerySet[SavedExport]) -> None:
        for kept in chosen:
            desk.drop_export(request, kept)
        self.message_user(request, _("They are gone."), messages.SUCCESS)


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Field, before, after: those that stayed as they were as well, since they say what it was about."""
    names = dict.fromkeys([*before, *after])
    return [(name, in_words(before.get(name)), in_words(after.get(name))) for name in names]


def in_words(value: Any) -> str:
    if value in EMPTY_VALUES:
        return ""
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, dict):
        return ", ".join(f"{name}: {in_words(part)}" for name, part in value.items())
    return ", ".join(map(in_words, value)) if isinstance(value, list | tuple) else str(value)
