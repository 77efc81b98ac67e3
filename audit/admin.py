"""Events can be looked at, and nothing else."""

from collections.abc import Collection
from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.managers import EventQuerySet
from audit.models import Event, Readability
from core.desk.base import DeskAdmin
from core.desk.permissions import SitePermission

STORED = ("at", "action", "outcome", "actor_kind", "actor", "person", "organization")
OBJECT = ("target_kind", "target_id", "request_id", "changes", "data")
PERSONAL = ("address", "device", "before", "after", "other_details")


@admin.register(Event)
class EventAdmin(DeskAdmin):
    view_permission = SitePermission.EVENTS_VIEW
    list_display = STORED
    list_filter = ("action", "outcome")
    list_per_page = 50
    # Sorting by anything else would read the whole table.
    sortable_by = ("at",)
    show_full_result_count = False
    search_fields = ("person",)
    search_help_text = _("The public id of a person: what they did, and what was done to them.")
    ordering = ("-id",)
    fields = readonly_fields = (*STORED, *OBJECT, *PERSONAL)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).select_related("key")

    def within(self, rows: QuerySet[Event], organizations: Collection[UUID]) -> QuerySet[Event]:
        return rows.filter(organization__in=organizations)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        if not search_term:
            return queryset, False
        try:
            person = UUID(search_term.strip())
        except ValueError:
            return queryset.none(), False
        return cast(EventQuerySet, queryset).of_person(person), False

    @admin.display(description=_("address"))
    def address(self, event: Event) -> Any:
        return self._personal(event, "address")

    @admin.display(description=_("device"))
    def device(self, event: Event) -> Any:
        return self._personal(event, "device")

    @admin.display(description=_("before"))
    def before(self, event: Event) -> Any:
        return self._personal(event, "before")

    @admin.display(description=_("after"))
    def after(self, event: Event) -> Any:
        return self._personal(event, "after")

    @admin.display(description=_("other personal details"))
    def other_details(self, event: Event) -> Any:
        return self._personal(event, "details")

    def _personal(self, event: Event, name: str) -> Any:
        fields = event.personal_fields()
        return getattr(fields, name) or None if fields.state == Readability.READABLE else fields.state.label
