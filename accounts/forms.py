import functools
from importlib import resources
from typing import Any, cast

from allauth.account.forms import LoginForm, SignupForm
from allauth.account.models import EmailAddress
from allauth.account.signals import user_signed_up
from allauth.account.utils import has_verified_email
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.validators import MaxLengthValidator
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from accounts.addresses import LIMIT, canonical, validated
from accounts.flows import proof, registration
from accounts.models import User
from core import digests

PASSWORD_LIMIT = 256
# What makes browsers offer a fresh one, and static/js/password.js look at it.
NEW_PASSWORD = {"autocomplete": "new-password", "data-least": settings.PASSWORD_MINIMUM_LENGTH}
NEW_PASSWORD_HELP = _("A few words that only you would put together work well.")


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
        _describe(self.fields["password1"], _("Password"), maxlength=PASSWORD_LIMIT, **NEW_PASSWORD)
        self.fields["password1"].help_text = NEW_PASSWORD_HELP
        if settings.TERMS_VERSION:
            self.fields["accept"] = AcceptField()

    def validate_unique_email(self, value: str) -> str:
        """Not allauth's rule: an address that somebody else merely claims is still free for its owner."""
        if not registration.is_open_to(value):
            raise forms.ValidationError(self.not_for_this_domain())
        self.account_already_exists = User.objects.with_address(value).exists()
        return value

    @staticmethod
    def not_for_this_domain() -> str:
        domains = ", ".join(settings.REGISTRATION_DOMAINS)
        return _("Only addresses of these domains can sign up here: %(domains)s.") % {"domains": domains}

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        if self.account_already_exists:
            self._work_as_hard(request)
        user, response = super().try_save(request)
        if user is not None:
            registration.accept(user)
        return user, response

    def _work_as_hard(self, request: HttpRequest) -> None:
        """All that a new account takes, written and rolled back, so that the time does not tell them apart either."""
        typed = self.cleaned_data["email"]
        self.cleaned_data["email"] = f"{digests.new_token().lower()}@decoy.invalid"
        self.account_already_exists = False
        with transaction.atomic():
            decoy = self.save(request)
            registration.accept(decoy)
            user_signed_up.send(sender=User, request=request, user=decoy)
            has_verified_email(decoy)
            EmailAddress.objects.get_for_user(decoy, decoy.email)
            with connection.cursor() as cursor:
                # What a commit would check.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)
        self.cleaned_data["email"] = typed
        self.account_already_exists = True


class AcceptField(forms.BooleanField):
    def __init__(self) -> None:
        super().__init__(label=_("I have read and accept what this site asks me to"))
        links = [(settings.TERMS_URL, _("Terms of use")), (settings.PRIVACY_URL, _("Privacy notice"))]
        self.help_text = format_html_join(
            " · ", '<a href="{}" target="_blank" rel="noopener">{}</a>', [link for link in links if link[0]]
        )


class AcceptForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["accept"] = AcceptField()


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
    """Former passwords are not asked here, but by the flow, once it is proved who chooses."""

    new_password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=PASSWORD_LIMIT,
        widget=forms.PasswordInput(attrs=NEW_PASSWORD),
        help_text=NEW_PASSWORD_HELP,
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_new_password(self) -> str:
        new_password: str = self.cleaned_data["new_password"]
        validate_password(new_password, self.user)
        return new_password


class InvitedForm(NewPasswordForm):
    name = forms.CharField(label=_("Your name"), max_length=150, required=False)
    field_order = ["name", "new_password", "accept"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs.update(autocomplete="name")
        if settings.TERMS_VERSION:
            self.fields["accept"] = AcceptField()

    def clean_name(self) -> str:
        return _one_line(self.cleaned_data["name"])


def _one_line(name: str) -> str:
    """It stands in mails and lists."""
    return " ".join(name.split())


class ProfileForm(forms.Form):
    """A blank language or time zone means: whatever the browser asks for, and UTC."""

    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"name": user.name, "language": user.language, "time_zone": user.time_zone}
        self.fields["name"].widget.attrs.update(autocomplete="name")
        languages = [("", _("As the browser asks")), *settings.LANGUAGES]
        cast(forms.ChoiceField, self.fields["language"]).choices = languages
        # Whoever chose a name that is an old one by now keeps it.
        names = sorted({*_time_zones(), user.time_zone} - {""})
        zones = [("", "UTC"), *((zone, zone.replace("_", " ")) for zone in names)]
        cast(forms.ChoiceField, self.fields["time_zone"]).choices = zones

    def clean_name(self) -> str:
        return _one_line(self.cleaned_data["name"])


@functools.cache
def _time_zones() -> list[str]:
    """The names people know, such as Europe/Berlin; not the old and the technical ones."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text()
    return sorted(line.split("\t")[2].strip() for line in table.splitlines() if not line.startswith("#"))


class AddressForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=LIMIT)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs.update(autocomplete="username")

    def clean_email(self) -> str:
        return validated(self.cleaned_data["email"])


class AddAddressForm(AddressForm):
    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        _describe(self.fields["email"], _("Another address"), autocomplete="email")

    def clean_email(self) -> str:
        email = super().clean_email()
        if EmailAddress.objects.filter(user=self.user, email=email, verified=True).exists():
            raise forms.ValidationError(_("This address is on your list already."))
        return email

    def refuse(self, limit: int) -> None:
        text = _("You can have %(limit)d addresses. Remove one first.")
        self.add_error("email", text % {"limit": limit})


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
