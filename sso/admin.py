"""What the admin site shows of connections. Providers and tokens have tables in allauth that stay empty: no desk."""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.desk import filters, search
from core.desk.base import DeskAdmin, action, seen
from core.desk.permissions import SitePermission
from orgs import actor
from sso.desk import DeskForm, NewAtDeskForm, OpenIdDeskForm
from sso.enterprise import connections, trying
from sso.enterprise.connections import ChangedMeanwhile
from sso.models import Connection

admin.site.unregister(SocialApp)
admin.site.unregister(SocialToken)
admin.site.unregister(SocialAccount)


@admin.register(SocialAccount)
class SocialAccountAdmin(DeskAdmin):
    view_permission = SitePermission.PEOPLE_VIEW
    list_display = ("user", "provider", "date_joined", "last_login")
    list_select_related = ("user",)
    list_filter = (
        filters.typed("provider", _("provider"), lambda text: Q(provider=text), "google"),
        filters.days("date_joined", _("connected")),
    )
    finds = (search.public_id("user__public_id"), search.beginning("user__email"))
    search_help_text = _("The beginning of an address, or a person's public id.")
    fields = ("user", "provider", "date_joined", "last_login", "extra_data")


OF_OPENID = ("slug", "organization", "kind", "callback_url", "opens_up_to", "what_is_missing")


def _form_for(connection: Connection) -> type[DeskForm | OpenIdDeskForm]:
    return DeskForm if connection.is_saml else OpenIdDeskForm


def _believed(connection: Connection) -> Iterator[str]:
    yield from filter(None, (connection.idp_entity_id or connection.issuer, connection.sso_url))
    yield from filter(None, (connection.client_id,))
    for certificate in connection.certificates.all():
        yield _("certificate %(fingerprint)s") % {"fingerprint": f"{certificate.fingerprint[:16]}…"}
    yield from (f"{field}={attribute}" for field, attribute in sorted(connection.mapping.items()))
    yield from connection.trusted_contexts


@admin.register(Connection)
class ConnectionAdmin(DeskAdmin):
    """The same as on the organization's own pages, by those who run the site; they may allow outdated methods too."""

    view_permission = SitePermission.CONNECTIONS_VIEW
    add_permission = change_permission = SitePermission.CONNECTIONS_MANAGE
    is_form_dangerous = True
    list_display = ("name", "slug", "organization", "kind", "is_active", "is_complete", "created_at")
    list_filter = ("kind", "is_active")
    list_select_related = ("organization",)
    finds = (
        search.either(
            search.beginning("slug"),
            search.words("name"),
            search.exactly("organization__slug"),
            search.exactly("idp_entity_id"),
            search.exactly("issuer"),
        ),
    )
    search_help_text = _(
        "The beginning of its short name, words of its name, or its organization's or issuer's name."
    )
    readonly_fields = (
        "slug",
        "organization",
        "kind",
        "entity_id",
        "acs_url",
        "logout_url",
        "opens_up_to",
        "what_is_missing",
    )
    actions = ("confirm", "roll_keys", "remove")
    autocomplete_fields = ()

    def within(self, rows: QuerySet[Connection], organizations: Collection[UUID]) -> QuerySet[Connection]:
        return rows.filter(organization__public_id__in=organizations)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return _form_for(obj) if obj else NewAtDeskForm

    def get_fields(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        if obj is None:
            return list(NewAtDeskForm.base_fields)
        return [*self.get_readonly_fields(request, obj), *_form_for(obj).base_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        if obj is None:
            return ()
        return self.readonly_fields if obj.is_saml else OF_OPENID

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        made = form.carry_out(by=actor.operator(request))
        obj.pk = made.pk

    @admin.display(boolean=True, description=_("complete"))
    def is_complete(self, connection: Connection) -> bool:
        return connection.is_ready

    @admin.display(description=_("still missing"))
    def what_is_missing(self, connection: Connection) -> str:
        return " ".join(str(text) for text in trying.problems(connection)) or "–"

    def for_question(self, rows: QuerySet[Connection]) -> QuerySet[Connection]:
        return super().for_question(rows).prefetch_related("certificates")

    def in_question(self, row: Connection) -> str:
        """With what decides whom it believes, and what of them."""
        return " · ".join([f"{row.organization}: {row.name}", *_believed(row)])

    @action(
        SitePermission.CONNECTIONS_MANAGE,
        _("Confirm"),
        explains=_(
            "It opens everybody's account again, owners and staff included: look first at whom it believes. For those "
            "who own the site."
        ),
        is_dangerous=True,
        version=connections.version,
    )
    def confirm(self, request: HttpRequest, chosen: QuerySet[Connection]) -> None:
        by, confirmed = actor.operator(request), 0
        for row in chosen:
            try:
                confirmed += connections.confirm(connection=row, by=by, seen=seen(request, row))
            except ChangedMeanwhile as refusal:
                self.message_user(request, f"{row}: {refusal.detail}", messages.ERROR)
        self._say(request, confirmed)

    @action(
        SitePermission.CONNECTIONS_MANAGE,
        _("Make the next key"),
        explains=_("It stands in the metadata from now on, and signs in two weeks."),
    )
    def roll_keys(self, request: HttpRequest, chosen: QuerySet[Connection]) -> None:
        by = actor.operator(request)
        for row in chosen.filter(kind=Connection.Kind.SAML):
            connections.roll_key(connection=row, by=by)
        self._say(request, chosen.count())

    @action(
        SitePermission.CONNECTIONS_MANAGE,
        _("Remove"),
        explains=_(
            "Nobody signs in by it any more, and whoever did is signed out. Their accounts stay: with a password of "
            "their own, or one that they choose by mail, they come in as far as the organization's rules let them."
        ),
        is_dangerous=True,
    )
    def remove(self, request: HttpRequest, chosen: QuerySet[Connection]) -> None:
        by, rows = actor.operator(request), list(chosen)
        for row in rows:
            connections.remove(connection=row, by=by)
        self._say(request, len(rows))

    def _say(self, request: HttpRequest, count: int) -> None:
        text = ngettext("Done for %(count)d connection.", "Done for %(count)d connections.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
