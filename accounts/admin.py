"""What the admin site shows of people. Its login is the site's own pipeline: see accounts.admin_site."""

from collections.abc import Callable
from typing import Any, cast

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import access
from accounts.access import Reason
from accounts.addresses import validated
from accounts.flows import desk, invitations, unproved
from accounts.flows.sessions import end_one
from accounts.models import Invitation, Session, User
from core import client
from core.admin import ReadOnlyAdmin
from core.models import OutboxMessage

# Addresses are proved by mail and belong to their person: no second desk for them.
admin.site.unregister(EmailAddress)


# Stock forms would let staff grant themselves what they do not hold; roles get a desk of their own.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Nobody edits a person's row by hand; what may be done to it are actions that leave evidence."""

    list_display = ("email", "name", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name", "public_id")
    fields = ("public_id", "email", "name", "is_active", "is_staff", "date_joined", "last_login")
    ordering = ("-id",)
    actions = ("end_all_access", "unlock", "send_reset", "disable", "enable")

    @admin.action(description=_("End all sessions and other access"), permissions=["act"])
    def end_all_access(self, request: HttpRequest, people: QuerySet[User]) -> None:
        reachable = _reachable(request, people)
        for user in reachable:
            access.revoke(
                user, reason=Reason.ADMINISTRATOR, actor=_actor(request), facts=client.facts(request)
            )
        self._say(request, len(reachable))

    @admin.action(description=_("End the wait after wrong passwords"), permissions=["act"])
    def unlock(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._for_each(request, people, desk.unlock)

    @admin.action(description=_("Mail a link for a new password"), permissions=["act"])
    def send_reset(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._for_each(request, people, desk.send_reset)

    @admin.action(description=_("Disable: cannot sign in, all access ends"), permissions=["act"])
    def disable(self, request: HttpRequest, people: QuerySet[User]) -> None:
        reachable = _reachable(request, people).exclude(pk=_actor(request).pk)
        facts = client.facts(request)
        done = [desk.disable(user=user, actor=_actor(request), facts=facts) for user in reachable]
        self._say(request, sum(done))

    @admin.action(description=_("Enable: may sign in again"), permissions=["act"])
    def enable(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._for_each(request, people, desk.enable)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_user")

    def _for_each(self, request: HttpRequest, people: QuerySet[User], act: Callable[..., object]) -> None:
        reachable = _reachable(request, people)
        for user in reachable:
            act(user=user, actor=_actor(request), facts=client.facts(request))
        self._say(request, len(reachable))

    def _say(self, request: HttpRequest, count: int) -> None:
        text = ngettext("Done for %(count)d person.", "Done for %(count)d people.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    list_display = ("user", "device", "address", "methods", "created_at", "last_seen_at", "expire_date")
    list_select_related = ("user",)
    search_fields = ("user__email", "address")
    fields = ("user", "device", "address", "methods", "created_at", "last_seen_at", "expire_date")
    ordering = ("-last_seen_at",)
    actions = ("end",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        return super().get_queryset(request).filter(user__isnull=False)

    @admin.action(description=_("End the chosen sessions"), permissions=["act"])
    def end(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        actor, facts = _actor(request), client.facts(request)
        if not actor.is_superuser:
            sessions = sessions.exclude(user__is_superuser=True)
        for session in sessions.select_related("user"):
            # The list shows sessions of people only.
            end_one(user=cast(User, session.user), session_key=session.pk, actor=actor, facts=facts)
        self.message_user(request, _("The sessions have ended."), messages.SUCCESS)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.delete_session")


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
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ("email", "invited_by", "created_at", "expires_at", "used_at", "withdrawn_at")
    list_select_related = ("invited_by",)
    search_fields = ("email",)
    fields = ("email", "invited_by", "created_at", "expires_at", "used_at", "withdrawn_at")
    ordering = ("-id",)
    form = InvitationForm
    actions = ("withdraw",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.add_invitation")

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        return self.fields if obj else ("email",)

    def get_readonly_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        return self.fields if obj else ()

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        sent = invitations.invite(email=obj.email, actor=_actor(request), facts=client.facts(request))
        obj.pk = sent.pk

    @admin.action(description=_("Withdraw the chosen invitations"), permissions=["act"])
    def withdraw(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        actor, facts = _actor(request), client.facts(request)
        for invitation in chosen:
            invitations.withdraw(invitation=invitation, actor=actor, facts=facts)
        self.message_user(request, _("The invitations no longer work."), messages.SUCCESS)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_invitation")


@admin.register(OutboxMessage)
class OutboxAdmin(ReadOnlyAdmin):
    """Which mail went where and when; what it says stays between us and its reader."""

    list_display = ("message", "recipient", "state", "attempts", "created_at", "sent_at", "last_error")
    list_filter = ("state", "message")
    search_fields = ("recipient",)
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
    ordering = ("-id",)
    actions = ("resend",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxMessage]:
        return super().get_queryset(request).defer("subject", "text", "html")

    @admin.action(description=_("Send once more"), permissions=["act"])
    def resend(self, request: HttpRequest, mails: QuerySet[OutboxMessage]) -> None:
        for mail in mails:
            desk.resend(mail=mail, actor=_actor(request), facts=client.facts(request))
        self.message_user(request, _("The mails are on their way again."), messages.SUCCESS)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core.change_outboxmessage")


def _reachable(request: HttpRequest, people: QuerySet[User]) -> QuerySet[User]:
    """A superuser is touched by superusers only."""
    return people if _actor(request).is_superuser else people.exclude(is_superuser=True)


def _actor(request: HttpRequest) -> User:
    return cast(User, request.user)
