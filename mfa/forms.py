from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mfa import codes

NAME_LIMIT = 60


class CodeForm(forms.Form):
    """What a factor asks for on the page of the second step."""

    code = forms.CharField(max_length=60)

    def refuse(self) -> None:
        """The same words whatever is wrong with it: mistyped, used already, or too old."""
        self.add_error("code", _("This code is not right, or it was used already."))


class AppCodeForm(CodeForm):
    code = forms.CharField(label=_("Six-digit code"), max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(autocomplete="one-time-code", inputmode="numeric")

    def clean_code(self) -> str:
        code = codes.normal(self.cleaned_data["code"])
        if code is None:
            raise forms.ValidationError(_("Type the six digits, and nothing else."))
        return code

    def refuse(self) -> None:
        text = _("This code is not right, or it was used already. Wait for the next one, then try again.")
        self.add_error("code", text)


class RecoveryCodeForm(CodeForm):
    code = forms.CharField(label=_("Recovery code"), max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(
            autocomplete="off", autocapitalize="characters", spellcheck="false"
        )


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=NAME_LIMIT)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs.update(autocomplete="off")

    def clean_name(self) -> str:
        """It stands in mails and lists."""
        return " ".join(self.cleaned_data["name"].split())


class AddAppForm(AppCodeForm, NameForm):
    field_order = ["code", "name"]

    def refuse(self) -> None:
        text = _(
            "This is not the code of that key. Check that the clock of your phone is right, and try again."
        )
        self.add_error("code", text)
