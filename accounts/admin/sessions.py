from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.actor import actor_of, end_each, whose
from accounts.desk import reach
from accounts.flows.sessions import end_one
from accounts.models import Session, User
from accounts.sign_in import methods
from core import client
from core.desk import filters, search
from core.desk.base import DeskAdmin, action
from core.desk.moments import when
from core.desk.permissions import SitePermission


class Method(filters.Filter):
    title = _("signed in with")
    parameter_name = "method"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return methods.every()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> QuerySet[Session]:
        value = self.value()
        return queryset.filter(methods__contains=value) if value else queryset


# Of what somebody is signed in with.
SPELLED = {"methods": lambda names: methods.in_words(names.split()), "device": client.device_in_words}


@admin.register(Session)
class SessionAdmin(DeskAdmin):
    view_permission = SitePermission.SESSIONS_VIEW
    list_display = ("user", "device", "address", "methods", "created_at", "last_seen_at", "expire_date")
    list_select_related = ("user",)
    in_words = SPELLED
    list_filter = (
        filters.choices(
            "state",
            _("state"),
            {
                "open": (_("Open"), Q(expire_date__gt=Now())),
                "over": (_("Over"), Q(expire_date__lte=Now())),
            },
        ),
        Method,
        filters.days("created_at", _("started")),
    )
    finds = (search.address("address"), search.public_id("user__public_id"), search.beginning("user__email"))
    search_help_text = _(
        "The beginning of an address, a person's public id, or where they came from on the network."
    )
    # Of the two times the one that does not change with each click, so that its index costs nothing then.
    order = ("-created_at", "-pk")
    export_ids = ()
    fields = ("user", "device", "address", "methods", "created_at", "last_seen_at", "expire_date")
    actions = ("end",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        return super().get_queryset(request).filter(user__isnull=False)

    def within(self, rows: QuerySet[Session], organizations: Collection[UUID]) -> QuerySet[Session]:
        return rows.filter(user__in=reach.of_organizations(User.objects.all(), organizations))

    def in_question(self, row: Session) -> str:
        return whose(row.user, row, _("since %(when)s") % {"when": when(row.created_at)})

    @action(
        SitePermission.SESSIONS_END,
        _("End the chosen sessions"),
        explains=_("Whoever is in there is out with their next click. They can sign in again."),
    )
    def end(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        by, facts = actor_of(request), client.facts(request)
        end_each(
            self,
            request,
            # The list shows sessions of people only.
            sessions.select_related("user"),
            SitePermission.SESSIONS_END,
            "end-session",
            lambda row: end_one(user=row.user, session_key=row.pk, actor=by, facts=facts),
        )
