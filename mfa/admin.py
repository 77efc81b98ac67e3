"""What the administrators' desk does about factors: it asks for a reset, and never turns anything off."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import client, errors
from core.admin import ReadOnlyAdmin
from mfa.flows import reset
from mfa.models import FactorReset
from mfa.stepup import fresh_factor_required


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


@admin.register(FactorReset)
class FactorResetAdmin(ReadOnlyAdmin):
    list_display = ("user", "asked_by", "created_at", "hold_until", "confirmed_by", "released_at", "end")
    list_select_related = ("user", "asked_by", "confirmed_by")
    search_fields = ("user__email",)
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
    ordering = ("-id",)
    form = ResetForm
    actions = ("confirm", "withdraw")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("mfa.add_factorreset")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("mfa.change_factorreset")

    def get_fields(self, request: HttpRequest, obj: FactorReset | None = None) -> Any:
        return self.fields if obj else ("person", "reason")

    def get_readonly_fields(self, request: HttpRequest, obj: FactorReset | None = None) -> Any:
        return self.fields if obj else ()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Only with a factor of one's own, shown lately."""
        shown = fresh_factor_required()(super().add_view)
        return cast(HttpResponse, shown(request, form_url, extra_context))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        acted = fresh_factor_required(back_to="admin:mfa_factorreset_changelist")(super().changelist_view)
        return cast(HttpResponse, acted(request, extra_context))

    def save_model(self, request: HttpRequest, obj: FactorReset, form: Any, change: bool) -> None:
        given, actor = form.cleaned_data, cast(User, request.user)
        asked = reset.ask(
            user=given["person"], actor=actor, reason=given["reason"], facts=client.facts(request)
        )
        obj.pk, obj.user = asked.pk, asked.user

    @admin.action(description=_("Confirm as a second administrator"), permissions=["act"])
    def confirm(self, request: HttpRequest, rows: QuerySet[FactorReset]) -> None:
        self._for_each(request, rows, reset.confirm)

    @admin.action(description=_("Withdraw"), permissions=["act"])
    def withdraw(self, request: HttpRequest, rows: QuerySet[FactorReset]) -> None:
        self._for_each(request, rows, reset.withdraw)

    def _for_each(self, request: HttpRequest, rows: QuerySet[FactorReset], act: Any) -> None:
        for row in rows.select_related("user"):
            try:
                done = act(row=row, actor=request.user, facts=client.facts(request))
            except errors.Problem as refusal:
                self.message_user(request, str(refusal.detail), messages.ERROR)
                continue
            text = _("Done.") if done else _("That reset is over already.")
            self.message_user(request, text, messages.SUCCESS if done else messages.WARNING)


@admin.action(description=_("Reset the second step: asks for a reason"), permissions=["act"])
def reset_factors(desk: Any, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
    """One at a time: each has a reason of its own."""
    if len(people) != 1:
        desk.message_user(request, _("Choose one person."), messages.ERROR)
        return None
    return redirect(reverse("admin:mfa_factorreset_add") + f"?person={people[0].email}")


_people = admin.site.get_model_admin(User)
_people.actions = (*(_people.actions or ()), reset_factors)
