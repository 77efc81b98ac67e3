from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.api.scopes import OF_KIND, OF_SERVICES, Credential, Scope
from orgs.authority import Authority
from orgs.forms import plain_name
from orgs.permissions import EVERYTHING
from tokens import public_keys
from tokens.models import ServiceCredential
from tokens.public_keys import UnusableKey

LIVES = (7, 30, 90, 180, 365)
PASTED_AT_MOST = 10_000


class KeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("So that you know later which program has it.")
    )
    scopes = forms.MultipleChoiceField(label=_("It may"), widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(label=_("Good for"), coerce=int, initial=30)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [scope for scope in Scope if scope in OF_KIND[Credential.KEY]]
        self.fields["scopes"].choices = [(scope.value, scope.label) for scope in offered]  # type: ignore[attr-defined]
        self.fields["days"].choices = _lives(settings.API_KEY_LIFETIME)  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """It stands in mails and lists."""
        return " ".join(str(self.cleaned_data["name"]).split())

    def end(self) -> datetime:
        return _end(self, settings.API_KEY_LIFETIME)


class ServiceForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        validators=[plain_name],
        help_text=_("What the program is for, so that everybody knows later."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("The service account may"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, by: Authority, present: Iterable[str] = (), **kwargs: Any) -> None:
        """Offers what `by` may give, and what the service account has already."""
        super().__init__(*args, **kwargs)
        offered = [
            scope
            for scope in Scope
            if scope in OF_SERVICES and (scope in present or by.covers(EVERYTHING.intersection({scope})))
        ]
        self.fields["scopes"].choices = [(scope.value, scope.label) for scope in offered]  # type: ignore[attr-defined]


class CredentialForm(forms.Form):
    """A secret of ours, or a public key of theirs."""

    kind = forms.ChoiceField(
        label=_("How it proves who it is"),
        choices=[
            (ServiceCredential.Kind.SECRET.value, _("With a secret that we make")),
            (
                ServiceCredential.Kind.KEY.value,
                _("With a key pair of its own, whose private half never leaves it"),
            ),
        ],
        widget=forms.RadioSelect,
        initial=ServiceCredential.Kind.SECRET.value,
    )
    public_key = forms.CharField(
        label=_("Public key"),
        required=False,
        max_length=PASTED_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("Only for a key pair: as PEM or JWK. RSA, P-256 or Ed25519."),
    )
    days = forms.TypedChoiceField(label=_("Good for"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lives = _lives(settings.SERVICE_CREDENTIAL_LIFETIME)
        self.fields["days"].choices = lives  # type: ignore[attr-defined]
        self.fields["days"].initial = max(days for days, _label in lives if days <= 90)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        is_key = data.get("kind") == ServiceCredential.Kind.KEY
        pasted = data.get("public_key")
        if is_key and not pasted and "public_key" not in self.errors:
            self.add_error("public_key", _("Paste the public half of the key pair."))
        elif pasted and not is_key:
            self.add_error("kind", _("A public key goes with a key pair, and not with a secret."))
        elif pasted:
            try:
                data["public_key"] = public_keys.read(pasted)
            except UnusableKey as error:
                self.add_error("public_key", ValidationError(error.text, code=error.code))
                # What was secret is not written into the page once more.
                self.data = {**cast(QueryDict, self.data).dict(), "public_key": ""}
        return data

    def end(self) -> datetime:
        return _end(self, settings.SERVICE_CREDENTIAL_LIFETIME)


class EndCredentialForm(forms.Form):
    """Minutes that whatever uses it has left to change over."""

    grace = forms.TypedChoiceField(
        label=_("When"),
        coerce=int,
        choices=[(0, _("at once")), (60, _("in one hour")), (60 * 24, _("in one day"))],
    )

    def pause(self) -> timedelta:
        return timedelta(minutes=self.cleaned_data["grace"])


def _lives(longest: timedelta) -> list[tuple[int, str]]:
    """The site's own limit is among them, whatever it is."""
    offered = sorted({days for days in LIVES if days < longest.days} | {max(longest.days, 1)})
    return [(days, ngettext("%(days)d day", "%(days)d days", days) % {"days": days}) for days in offered]


def _end(form: forms.Form, longest: timedelta) -> datetime:
    return timezone.now() + min(timedelta(days=form.cleaned_data["days"]), longest)
