from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.addresses import validated
from accounts.admin.actor import actor_of
from accounts.desk import acts
from accounts.desk.errors import AboveYourself
from accounts.flows import desk, invitations, unproved
from accounts.models import Invitation, User
from core import client
from core.desk import filters, search
from core.desk.base import DeskAdmin, action
from core.desk.moments import when
from core.desk.permissions import SitePermission
from core.models import OutboxMessage


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Invitation
        fields = ("email",)

    def clean_email(self) -> str:
        email = validated(self.cleaned_data["email"])
        if unproved.has_owner(email):
            raise forms.ValidationError(_("There is an account with this address already."))
        return email


@admin.register(Invitation)
class InvitationAdmin(DeskAdmin):
    view_permission = SitePermission.PEOPLE_VIEW
    add_permission = SitePermission.PEOPLE_INVITE
    list_display = ("email", "invited_by", "created_at", "expires_at", "used_at", "withdrawn_at")
    list_select_related = ("invited_by",)
    list_filter = (
        filters.choices(
            "state",
            _("state"),
            {
                "open": (
                    _("Open"),
                    Q(used_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=Now()),
                ),
                "used": (_("Used"), Q(used_at__isnull=False)),
                "withdrawn": (_("Withdrawn"), Q(withdrawn_at__isnull=False)),
                "over": (
                    _("Over"),
                    Q(used_at__isnull=True, withdrawn_at__isnull=True, expires_at__lte=Now()),
                ),
            },
        ),
        filters.days("created_at", _("sent")),
    )
    finds = (search.domain("email"), search.beginning("email"))
    search_help_text = _("The beginning of an address, or @ and a domain for all addresses in it.")
    fields = ("email", "invited_by", "created_at", "expires_at", "used_at", "withdrawn_at")
    form = InvitationForm
    actions = ("withdraw",)

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        return self.fields if obj else ("email",)

    def get_readonly_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        return self.fields if obj else ()

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        sent = invitations.invite(email=obj.email, actor=actor_of(request), facts=client.facts(request))
        obj.pk = sent.pk

    @action(
        SitePermission.PEOPLE_INVITE,
        _("Withdraw the chosen invitations"),
        explains=_("The links that were mailed no longer work. Accounts that were made with them stay."),
    )
    def withdraw(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        actor, facts = actor_of(request), client.facts(request)
        for invitation in chosen:
            invitations.withdraw(invitation=invitation, actor=actor, facts=facts)
        self.message_user(request, _("The invitations no longer work."), messages.SUCCESS)


MESSAGE = filters.typed("message", _("message"), lambda text: Q(message=text), "verify_email")


@admin.register(OutboxMessage)
class OutboxAdmin(DeskAdmin):
    """Which mail went where and when; what it says stays between us and its reader."""

    view_permission = SitePermission.MAILS_VIEW
    list_display = ("message", "recipient", "state", "attempts", "created_at", "sent_at", "last_error")
    list_filter = ("state", filters.days("created_at", _("created")), MESSAGE)
    finds = (search.public_id("person"), search.domain("recipient"), search.beginning("recipient"))
    search_help_text = _("The beginning of an address, @ and a domain, or a person's public id.")
    order = ("-created_at", "-pk")
    fields = (
        "message",
        "recipient",
        "state",
        "priority",
        "attempts",
        "created_at",
        "not_before",
        "sent_at",
        "last_error",
    )
    actions = ("resend",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxMessage]:
        return super().get_queryset(request).defer("subject", "text", "html")

    def for_question(self, rows: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
        """Of what it says, only what its reader saw above it."""
        return rows.defer(None).defer("text", "html")

    def in_question(self, row: OutboxMessage) -> str:
        return f"{row.recipient}: {row.subject}, {when(row.created_at)}"

    @action(
        SitePermission.MAILS_RESEND,
        _("Send once more"),
        explains=_("They go out again, unchanged. Links in them that have ended stay so."),
    )
    def resend(self, request: HttpRequest, mails: QuerySet[OutboxMessage]) -> None:
        actor, facts, rows = actor_of(request), client.facts(request), list(mails)
        named = {mail.person for mail in rows if mail.person}
        above = {
            user.public_id
            for user in User.objects.filter(public_id__in=named)
            if not acts.allows(actor, user, SitePermission.MAILS_RESEND, "resend", facts)
        }
        for mail in rows:
            if mail.person not in above:
                desk.resend(mail=mail, actor=actor, facts=facts)
        if above:
            self.message_user(request, str(AboveYourself.detail), messages.ERROR)
        else:
            self.message_user(request, _("The mails are on their way again."), messages.SUCCESS)
