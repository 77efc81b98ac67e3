from typing import Any

from allauth.account.forms import LoginForm, SignupForm
from django import forms
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.addresses import LIMIT, canonical, validated
from accounts.flows import proof
from accounts.models import User

PASSWORD_LIMIT = 256


def _describe(field: forms.Field, label: Any, **attributes: Any) -> None:
    """Says what the field is for and drops the placeholder that would repeat the label."""
    field.label = label
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attributes)


class SignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].validators.append(MaxLengthValidator(LIMIT))
        self.fields["password"].validators.append(MaxLengthValidator(PASSWORD_LIMIT))
        _describe(
            self.fields["login"], _("E-mail address"), autocomplete="username webauthn", maxlength=LIMIT
        )
        _describe(self.fields["password"], _("Password"), maxlength=PASSWORD_LIMIT)
        # The page links to the way out itself.
        self.fields["password"].help_text = ""

    def clean_login(self) -> str:
        return canonical(self.cleaned_data["login"])


class SignUpForm(SignupForm):  # type: ignore[misc]
    account_already_exists: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _describe(self.fields["email"], _("E-mail address"), autocomplete="username", maxlength=LIMIT)
        _describe(self.fields["password1"], _("Password"), maxlength=PASSWORD_LIMIT)
        self.fields["password1"].help_text = _("A few words that only you would put together work well.")

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        if self.account_already_exists:
            # The same work as for a new account, so that the time tells nothing either.
            make_password(self.cleaned_data["password1"])
        user, response = super().try_save(request)
        return user, response


class CodeForm(forms.Form):
    """Spaces, hyphens and small letters are forgiven."""

    code = forms.CharField(label=_("Code from the mail"), max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(
            autocomplete="one-time-code", autocapitalize="characters", spellcheck="false"
        )

    def clean_code(self) -> str:
        return proof.normal_code(self.cleaned_data["code"])

    def refuse(self) -> None:
        """The same words whatever is wrong with it: wrong, used, too old, or nobody's."""
        self.add_error(
            "code", _("This code is not right, or no longer. Five wrong ones, and you need a new mail.")
        )


class NewPasswordForm(forms.Form):
    new_password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=PASSWORD_LIMIT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_new_password(self) -> str:
        new_password: str = self.cleaned_data["new_password"]
        validate_password(new_password, self.user)
        return new_password


class AddressForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=LIMIT)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs.update(autocomplete="username")

    def clean_email(self) -> str:
        return validated(self.cleaned_data["email"])


class ResetByCodeForm(CodeForm, NewPasswordForm):
    """Code and new password together: no page in between that could be entered without a code."""

    field_order = ["code", "new_password"]


class CurrentPasswordForm(forms.Form):
    current_password = forms.CharField(
        label=_("Current password"),
        strip=False,
        max_length=PASSWORD_LIMIT,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def refuse(self) -> None:
        self.add_error("current_password", _("This is not your current password."))


class ChangePasswordForm(CurrentPasswordForm, NewPasswordForm):
    field_order = ["current_password", "new_password"]
