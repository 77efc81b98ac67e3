from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import errors
from mfa import codes, webauthn

NAME_LIMIT = 60


class CodeForm(forms.Form):
    """What a factor asks for on the page of the second step."""

    code = forms.CharField(max_length=60)

    def refuse(self) -> None:
        """The same words whatever is wrong with it: mistyped, used already, or too old."""
        self.say(_("This code is not right, or it was used already."))

    def say(self, text: str | Promise) -> None:
        """What was typed is not shown again: it is of no use any more."""
        self.add_error("code", str(text))
        self.data = {**self.data.dict(), "code": ""} if isinstance(self.data, QueryDict) else {}


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
        self.say(text)


class RecoveryCodeForm(CodeForm):
    code = forms.CharField(label=_("Recovery code"), max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(
            autocomplete="off", autocapitalize="characters", spellcheck="false"
        )


class PasskeyForm(CodeForm):
    """Filled in by a script: what the device answered. Anything else did not come from our pages."""

    code = forms.CharField(widget=forms.HiddenInput, max_length=65_536)

    def refuse(self) -> None:
        self.say(_("This passkey was not accepted. Try again, or use another way."))

    def say(self, text: str | Promise) -> None:
        """Nothing that could be corrected stands in the field: it is said above the form."""
        self.add_error(None, str(text))
        self.data = {}

    def clean(self) -> dict[str, Any] | None:
        """The answer is read again where it is judged; what is no answer at all goes no further than this."""
        try:
            webauthn.read(self.cleaned_data.get("code", ""))
        except webauthn.Malformed:
            raise errors.BadInput from None
        return super().clean()


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
        self.say(text)
