"""What the desk asks before it acts."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from accounts.roles import organizations
from core.desk.moments import MomentField
from core.desk.permissions import SitePermission

LONGEST_LOAN = timedelta(days=366)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stays in the log: why, and how you made sure."),
    )


class SinceForm(forms.Form):
    since = MomentField(
        label=_("Since when"),
        required=False,
        help_text=_(
            "Second steps, addresses and connected accounts that were added since then go as well, and the main "
            "address is again what it was. Left empty, all stay, and the link goes to the present main address."
        ),
    )

    def clean_since(self) -> Any:
        since = self.cleaned_data["since"]
        if since and since > timezone.now():
            raise forms.ValidationError(_("That is in the future."))
        return since


class GiveRoleForm(forms.Form):
    role = forms.ModelChoiceField(label=_("Role"), queryset=Role.objects.order_by("name"))
    organization = forms.CharField(
        label=_("Only for the organization"),
        required=False,
        max_length=63,
        help_text=_("Its short name. Left empty, the role counts everywhere."),
    )
    ends_at = MomentField(
        label=_("Until"),
        required=False,
        help_text=_("Left empty, the role stays until it is taken."),
    )

    def clean_organization(self) -> UUID | None:
        typed = self.cleaned_data["organization"].strip()
        if not typed:
            return None
        found = organizations.directory().find(typed)
        if found is None:
            raise forms.ValidationError(_("There is no such organization."))
        return found

    def clean_ends_at(self) -> Any:
        ends_at = self.cleaned_data["ends_at"]
        if ends_at and not timezone.now() < ends_at <= timezone.now() + LONGEST_LOAN:
            raise forms.ValidationError(_("Choose a moment within the next year."))
        return ends_at


class RoleForm(forms.Form):
    """A role of the site's own. What its maker does not hold themselves is not for them to give."""

    name = forms.CharField(label=_("Name"), max_length=60)
    permissions = forms.MultipleChoiceField(
        label=_("What it allows"),
        choices=SitePermission.choices,
        widget=forms.CheckboxSelectMultiple,
    )
