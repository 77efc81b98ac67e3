from collections.abc import Collection
from typing import cast
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.actor import actor_of, say
from accounts.desk import reach
from accounts.flows.sessions import end_one
from accounts.models import Session, User
from core import client
from core.desk.base import DeskAdmin, action
from core.desk.permissions import SitePermission


@admin.register(Session)
class SessionAdmin(DeskAdmin):
    view_permission = SitePermission.SESSIONS_VIEW
    list_display = ("user", "device", "address", "methods", "created_at", "last_seen_at", "expire_date")
    list_select_related = ("user",)
    search_fields = ("user__email", "address")
    fields = ("user", "device", "address", "methods", "created_at", "last_seen_at", "expire_date")
    ordering = ("-last_seen_at",)
    actions = ("end",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        return super().get_queryset(request).filter(user__isnull=False)

    def within(self, rows: QuerySet[Session], organizations: Collection[UUID]) -> QuerySet[Session]:
        return rows.filter(user__in=reach.of_organizations(User.objects.all(), organizations))

    @action(
        SitePermission.SESSIONS_END,
        _("End the chosen sessions"),
        explains=_("Whoever is in there is out with their next click. They can sign in again."),
    )
    def end(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        actor, facts, ended = actor_of(request), client.facts(request), 0
        for session in sessions.select_related("user"):
            # The list shows sessions of people only.
            user = cast(User, session.user)
            if actor == user or actor.authority.stands_over(user.authority):
                ended += end_one(user=user, session_key=session.pk, actor=actor, facts=facts)
        if ended < len(sessions):
            text = _("Some of them were not yours to end, or had ended already.")
            self.message_user(request, text, messages.WARNING)
        say(self, request, ended)
