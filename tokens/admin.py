"""What programs hold, at the desk: seen by what may be shown of it, and ended by the same flows as everywhere."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.actor import actor_of, end_each, say, whose
from accounts.admin.sessions import SPELLED
from accounts.desk import reach
from accounts.models import User
from core import client
from core.desk import filters, search
from core.desk.base import DeskAdmin, action
from core.desk.moments import when
from core.desk.permissions import SitePermission
from orgs import actor
from orgs.admin import NAMED
from orgs.models import Organization
from tokens.flows import families, keys, services
from tokens.models import ApiKey, Family, ServiceAccount

SOON = timedelta(days=14)
OF_PERSON = (search.public_id("user__public_id"), search.beginning("user__email"))
HELP_PERSON = _("The beginning of an address, or a person's public id.")


def _ends(model: type[Family | ApiKey]) -> dict[str, tuple[Any, Q]]:
    return {end.value: (end.label, Q(end=end)) for end in model.End}


def _of_organization(text: str) -> Q | None:
    found = Organization.objects.called(text)
    return Q(organization__in=found.values("pk")) if found.exists() else None


class ProgramAdmin(DeskAdmin):
    """Rows that belong to a person, and can be ended in front of them."""

    list_select_related = ("user",)
    finds = OF_PERSON
    search_help_text = HELP_PERSON
    order = ("-created_at", "-pk")

    def within(self, rows: QuerySet[Any], organizations: Collection[UUID]) -> QuerySet[Any]:
        return rows.filter(user__in=reach.of_organizations(User.objects.all(), organizations))


@admin.register(Family)
class FamilyAdmin(ProgramAdmin):
    view_permission = SitePermission.SESSIONS_VIEW
    in_words = SPELLED
    list_display = ("user", "device", "address", "methods", "created_at", "rotated_at", "expires_at", "end")
    list_filter = (
        filters.choices(
            "state",
            _("state"),
            {"open": (_("Open"), Q(ended_at__isnull=True, expires_at__gt=Now())), **_ends(Family)},
        ),
        filters.days("created_at", _("started")),
    )
    fields = (
        "public_id",
        "user",
        "device",
        "address",
        "methods",
        "scope",
        "created_at",
        "rotated_at",
        "expires_at",
        "ended_at",
        "end",
    )
    actions = ("end",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Family]:
        return super().get_queryset(request).defer("secret", "state")

    def in_question(self, row: Family) -> str:
        since = _("since %(when)s") % {"when": when(row.created_at)}
        return whose(row.user, client.device_in_words(row.device), row.address, since)

    @action(
        SitePermission.SESSIONS_END,
        _("End the chosen sign-ins"),
        explains=_("The programs are out with their next request. Their people can sign in again."),
    )
    def end(self, request: HttpRequest, rows: QuerySet[Family]) -> None:
        by, facts, reason = actor_of(request), client.facts(request), Family.End.SIGNED_OUT
        end_each(
            self,
            request,
            rows.select_related("user"),
            SitePermission.SESSIONS_END,
            "end-family",
            lambda row: families.end(family=row, reason=reason, actor=by, facts=facts),
        )


@admin.register(ApiKey)
class ApiKeyAdmin(ProgramAdmin):
    view_permission = SitePermission.KEYS_VIEW
    list_display = ("user", "name", "hint", "scope", "created_at", "expires_at", "last_used_at", "end")
    list_filter = (
        filters.choices(
            "state",
            _("state"),
            {
                "open": (_("Open"), Q(ended_at__isnull=True, expires_at__gt=Now())),
                "soon": (
                    _("Ends within two weeks"),
                    Q(ended_at__isnull=True, expires_at__gt=Now(), expires_at__lt=Now() + SOON),
                ),
                "unused": (_("Never used"), Q(last_used_at__isnull=True)),
                **_ends(ApiKey),
            },
        ),
        filters.days("created_at", _("made")),
    )
    fields = (
        "public_id",
        "user",
        "name",
        "hint",
        "scope",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_used_from",
        "ended_at",
        "end",
    )
    actions = ("end",)

    def in_question(self, row: ApiKey) -> str:
        return whose(row.user, row.name, f"{row.hint}…")

    @action(
        SitePermission.KEYS_END,
        _("End the chosen keys"),
        explains=_("Whatever uses them stops working at once. Nobody can bring them back."),
        is_dangerous=True,
    )
    def end(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> None:
        by, facts = actor_of(request), client.facts(request)
        end_each(
            self,
            request,
            rows.select_related("user"),
            SitePermission.KEYS_END,
            "end-apikey",
            lambda key: keys.end(user=key.user, public_id=key.public_id, facts=facts, actor=by),
        )


@admin.register(ServiceAccount)
class ServiceAccountAdmin(DeskAdmin):
    view_permission = SitePermission.KEYS_VIEW
    list_display = ("name", "organization", "scope", "created_at", "last_used_at", "disabled_at")
    list_select_related = ("organization",)
    list_filter = (
        filters.choices(
            "state",
            _("state"),
            {
                "open": (_("Open"), Q(disabled_at__isnull=True)),
                "disabled": (_("Disabled"), Q(disabled_at__isnull=False)),
                "unused": (_("Never used"), Q(last_used_at__isnull=True)),
            },
        ),
        filters.typed("organization", _("organization"), _of_organization, NAMED),
    )
    finds = (search.public_id("public_id"), search.words("name"))
    search_help_text = _("Words of its name, or its public id.")
    fields = (
        "public_id",
        "name",
        "organization",
        "scope",
        "created_by",
        "created_at",
        "last_used_at",
        "last_used_from",
        "disabled_at",
    )
    actions = ("disable", "enable")

    def in_question(self, row: ServiceAccount) -> str:
        return f"{row.organization}: {row.name}"

    @action(
        SitePermission.KEYS_END,
        _("Disable the chosen service accounts"),
        explains=_("They open nothing any more, from their next request on. Nothing is deleted."),
        is_dangerous=True,
    )
    def disable(self, request: HttpRequest, rows: QuerySet[ServiceAccount]) -> None:
        by = actor.operator(request)
        say(self, request, sum(services.disable(service=row, by=by) for row in rows))

    @action(
        SitePermission.KEYS_END,
        _("Enable the chosen service accounts"),
        explains=_("They open again what they opened before, with the same credentials."),
        is_dangerous=True,
    )
    def enable(self, request: HttpRequest, rows: QuerySet[ServiceAccount]) -> None:
        by = actor.operator(request)
        say(self, request, sum(services.enable(service=row, by=by) for row in rows))
