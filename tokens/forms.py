from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.api.scopes import OF_KIND, Credential, Scope

LIVES = (7, 30, 90, 180, 365)


class KeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("So that you know later which program has it.")
    )
    scopes = forms.MultipleChoiceField(label=_("It may"), widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(label=_("Good for"), coerce=int, initial=30)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        offered = [scope for scope in Scope if scope in OF_KIND[Credential.KEY]]
        self.fields["scopes"].choices = [(scope.value, scope.label) for scope in offered]  # type: ignore[attr-defined]
        self.fields["days"].choices = [  # type: ignore[attr-defined]
            (days, ngettext("%(days)d day", "%(days)d days", days) % {"days": days})
            for days in LIVES
            if days <= settings.API_KEY_LIFETIME.days
        ]

    def clean_name(self) -> str:
        """It stands in mails and lists."""
        return " ".join(str(self.cleaned_data["name"]).split())
