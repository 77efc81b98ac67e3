"""What the administrators' desk does about factors: it asks for a reset, and never turns anything off."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.admin.actor import whose
from accounts.desk import acts
from accounts.models import User
from accounts.sign_in.reauthentication import fresh_sign_in_required
from core import client, errors
from core.desk import filters, lists, search
from core.desk.base import DeskAdmin, action
from core.desk.moments import when
from core.desk.permissions import SitePermission
from mfa.flows import reset
from mfa.models import Authenticator, FactorReset, Passkey


class ResetForm(forms.ModelForm):  # type: ignore[type-arg]
    person = forms.EmailField(label=_("E-mail address of the person"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("How you made sure that it is really them: it stays in the log."),
    )

    class Meta:
        model = FactorReset
        fields = ("reason",)

    def clean_person(self) -> User:
        found = User.objects.filter(email=self.cleaned_data["person"].lower()).first()
        if found is None:
            raise forms.ValidationError(_("Nobody has this address."))
        return found


def _protected() -> Any:
    """By what opens the second step and is no mere backup."""
    apps = Authenticator.objects.order_by().values("user")
    return apps.union(Passkey.objects.filter(suspended_at__isnull=True).order_by().values("user"))


lists.narrow(
    User,
    filters.choices(
        "factor",
        _("second step"),
        {"yes": (_("Has one"), Q(pk__in=_protected())), "no": (_("Has none"), ~Q(pk__in=_protected()))},
    ),
)


@admin.register(FactorReset)
class FactorResetAdmin(DeskAdmin):
    view_permission = SitePermission.PEOPLE_VIEW
    add_permission = SitePermission.FACTORS_RESET
    list_display = ("user", "asked_by", "created_at", "hold_until", "confirmed_by", "released_at", "end")
    list_select_related = ("user", "asked_by", "confirmed_by")
    finds = (search.public_id("user__public_id"), search.beginning("user__email"))
    fields = (
        "user",
        "asked_by",
        "reason",
        "created_at",
        "hold_until",
        "confirmed_by",
        "released_at",
        "ended_at",
        "end",
    )
    form = ResetForm
    actions = ("confirm", "withdraw")

    def get_fields(self, request: HttpRequest, obj: FactorReset | None = None) -> Any:
        return self.fields if obj else ("person", "reason")

    def get_readonly_fields(self, request: HttpRequest, obj: FactorReset | None = None) -> Any:
        return self.fields if obj else ()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Only with a factor of one's own, shown lately."""
        shown = fresh_sign_in_required()(super().add_view)
        return cast(HttpResponse, shown(request, form_url, extra_context))

    def save_model(self, request: HttpRequest, obj: FactorReset, form: Any, change: bool) -> None:
        given, actor = form.cleaned_data, cast(User, request.user)
        asked = reset.ask(
            user=given["person"], actor=actor, reason=given["reason"], facts=client.facts(request)
        )
        obj.pk, obj.user = asked.pk, asked.user

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Outside the transaction of the form, which a refusal takes back."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (reset.NotAllowed, reset.NothingToReset) as refusal:
            acts.note(refusal, "reset-factors", cast(User, request.user), client.facts(request))
            raise

    def in_question(self, row: FactorReset) -> str:
        by = row.asked_by and _("asked for by %(person)s") % {"person": row.asked_by}
        return whose(row.user, by, when(row.created_at), row.reason)

    @action(
        SitePermission.FACTORS_CONFIRM,
        _("Confirm as a second administrator"),
        explains=_("The person gets the link for a new second step at once, instead of after the wait."),
        is_dangerous=True,
    )
    def confirm(self, request: HttpRequest, rows: QuerySet[FactorReset]) -> None:
        self._for_each(request, rows, reset.confirm)

    @action(
        SitePermission.FACTORS_RESET,
        _("Withdraw"),
        explains=_("The second step stays as it is; links that were sent are worth nothing."),
    )
    def withdraw(self, request: HttpRequest, rows: QuerySet[FactorReset]) -> None:
        self._for_each(request, rows, reset.withdraw)

    def _for_each(self, request: HttpRequest, rows: QuerySet[FactorReset], act: Any) -> None:
        for row in rows.select_related("user"):
            try:
                done = act(row=row, actor=request.user, facts=client.facts(request))
            except errors.Problem as refusal:
                actor, facts = cast(User, request.user), client.facts(request)
                acts.note(refusal, f"factor-reset-{act.__name__}", actor, facts, user=row.user)
                self.message_user(request, str(refusal.detail), messages.ERROR)
                continue
            text = _("Done.") if done else _("That reset is over already.")
            self.message_user(request, text, messages.SUCCESS if done else messages.WARNING)
