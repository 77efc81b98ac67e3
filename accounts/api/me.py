"""One's own account: who one is here, one's addresses, sign-ins and what happened."""

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api import proofs
from accounts.api.caller import ApiRequest
from accounts.api.endpoint import SIGNED_IN, Endpoint, by, freshly, operation, reply
from accounts.api.examples import PASSKEY_ANSWER
from accounts.api.problems import AddressLimit, CodeRefused, WrongCredentials
from accounts.api.scopes import Scope
from accounts.api.sign_in import Address, Code, Password
from accounts.flows import activity, addresses, password, proof, sign_ins
from accounts.flows import email as email_flow
from accounts.flows import profile as profile_flow
from accounts.forms import AddAddressForm, NewPasswordForm, ProfileForm
from accounts.models import User
from accounts.session.store import key_digest_of
from accounts.sign_in import limits, reauthentication
from accounts.sign_in.lockout import LockedOut
from core import client
from core.api.fields import Figures, Flag, Input, Object, Output, Secret, Text, invalid_form, invalid_value
from core.api.problems import Invalid
from core.errors import Missing, TooMany


class Me(Output):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    email_verified = serializers.BooleanField()
    name = serializers.CharField(allow_blank=True)
    language = serializers.CharField(allow_blank=True, help_text="Empty: whatever is asked for.")
    time_zone = serializers.CharField(allow_blank=True, help_text="Empty: UTC.")
    has_password = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class ProfileInput(Input):
    name = Text(required=False, allow_blank=True, max_length=150)
    language = Text(required=False, allow_blank=True, max_length=10)
    time_zone = Text(required=False, allow_blank=True, max_length=50)


class AddressFacts(Output):
    id = serializers.IntegerField()
    email = serializers.EmailField()
    verified = serializers.BooleanField()
    primary = serializers.BooleanField()


class AddressInput(Input):
    samples: ClassVar = {"Request": {"email": "alice@acme.example"}}

    email = Address()


class AddressCodeInput(Input):
    email = Address()
    code = Code()


class AddressChangeInput(Input):
    primary = Flag(help_text="Only true: another address gives way.")


class SignInFacts(Output):
    sample: ClassVar = {"id": "p-2f4f6f0d1a11"}

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=["browser", "program"])
    current = serializers.BooleanField()
    device = serializers.CharField(allow_blank=True)
    address = serializers.CharField(allow_blank=True)
    methods = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class Ended(Output):
    ended = serializers.IntegerField()


class EntryFacts(Output):
    sample: ClassVar = {"refused": False, "by_somebody_else": False}

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    what = serializers.CharField()
    refused = serializers.BooleanField()
    by_somebody_else = serializers.BooleanField()
    address = serializers.CharField(allow_blank=True)
    device = serializers.CharField(allow_blank=True)


class Activity(Output):
    sample: ClassVar = {"next": None}

    entries = EntryFacts(many=True)
    next = serializers.IntegerField(
        allow_null=True, help_text="For `before`, to get the page after this one."
    )


class PageQuery(Input):
    before = Figures(
        required=False, min_value=1, max_value=2**63 - 1, help_text="The `next` of the page before."
    )


class PasswordInput(Input):
    current_password = Password()
    new_password = Password()


class ProofInput(Input):
    samples: ClassVar = {
        "The password": ("method", "password"),
        "An authenticator app": {"method": "app", "code": "492039"},
        "A recovery code": {"method": "recovery", "code": "BCDFG-HJKLM"},
        "A passkey": {"method": "passkey", "credential": PASSKEY_ANSWER},
    }

    method = Text(
        max_length=20, help_text="`password`, `app`, `recovery` or `passkey`, as far as one has it."
    )
    password = Password(required=False)
    code = Secret(required=False, max_length=64)
    credential = Object(required=False, help_text="What the browser answers to `me/mfa/options`.")


class MeView(Endpoint):
    @operation("See who one is", by(Scope.PROFILE_READ), gives=Me)
    def get(self, request: ApiRequest) -> dict[str, Any]:
        return _me(request.user)

    @operation("Change one's profile", by(Scope.PROFILE_WRITE), takes=ProfileInput, gives=Me)
    def patch(self, request: ApiRequest, data: dict[str, Any]) -> dict[str, Any]:
        """What is left out stays as it is."""
        user = request.user
        before = {name: getattr(user, name) for name in profile_flow.FIELDS}
        form = ProfileForm(user, {**before, **data})
        if not form.is_valid():
            raise invalid_form(form.errors.as_data())
        changed = {name: form.cleaned_data[name] for name in data}
        profile_flow.update(user=user, facts=client.facts(request), **changed)
        return _me(user)


class Addresses(Endpoint):
    @operation("See one's addresses", by(Scope.ADDRESSES_READ), gives=AddressFacts, many=True)
    def get(self, request: ApiRequest) -> list[dict[str, Any]]:
        return [_address(row) for row in addresses.of(request.user)]

    @operation(
        "Add an address",
        freshly(Scope.ADDRESSES_WRITE),
        takes=AddressInput,
        status=202,
        refuses=[AddressLimit, TooMany],
    )
    def post(self, request: ApiRequest, data: dict[str, Any]) -> HttpResponse:
        """A mail goes to it; once its code or link came back, it is one's own."""
        form = AddAddressForm(request.user, {"email": data["email"]})
        if not form.is_valid():
            raise invalid_form(form.errors.as_data())
        if not addresses.add(request=request, user=request.user, email=form.cleaned_data["email"]):
            raise AddressLimit
        return reply({}, 202)


class AddressVerify(Endpoint):
    @operation(
        "Confirm an added address with the code from its mail",
        by(Scope.ADDRESSES_WRITE),
        takes=AddressCodeInput,
        status=204,
        refuses=[CodeRefused, TooMany],
    )
    def post(self, request: ApiRequest, data: dict[str, Any]) -> None:
        limits.before_code(request)
        code = proof.normal_code(data["code"])
        if not email_flow.confirm_by_code(request=request, user=request.user, email=data["email"], code=code):
            raise CodeRefused


class AddressView(Endpoint):
    @operation(
        "Make an address the main one",
        freshly(Scope.ADDRESSES_WRITE),
        takes=AddressChangeInput,
        gives=AddressFacts,
        refuses=[Missing],
    )
    def put(self, request: ApiRequest, data: dict[str, Any], pk: int) -> dict[str, Any]:
        """It has to be confirmed. The former main address gets a mail with which the change can be undone."""
        if not data["primary"]:
            raise invalid_value("primary", ValidationError(_("Choose another one instead."), code="invalid"))
        chosen = addresses.make_primary(request=request, user=request.user, address_id=pk)
        if chosen is None:
            raise Missing
        return _address(chosen)

    @operation("Remove an address", freshly(Scope.ADDRESSES_WRITE), status=204, refuses=[Missing])
    def delete(self, request: ApiRequest, pk: int) -> None:
        """The main address stays."""
        if addresses.remove(request=request, user=request.user, address_id=pk) is None:
            raise Missing


class Sessions(Endpoint):
    @operation("See where one is signed in", by(Scope.SESSIONS_READ), gives=SignInFacts, many=True)
    def get(self, request: ApiRequest) -> list[dict[str, Any]]:
        here = key_digest_of(request)
        return [_sign_in(row, here) for row in sign_ins.of(request.user)]

    @operation("End all other sessions", by(Scope.SESSIONS_END), gives=Ended)
    def delete(self, request: ApiRequest) -> dict[str, Any]:
        """All but this sign-in, API keys among them."""
        facts, here = client.facts(request), key_digest_of(request)
        return {"ended": sign_ins.end_others(user=request.user, keep=here, facts=facts)}


class SessionView(Endpoint):
    @operation("End one session", by(Scope.SESSIONS_END), status=204, refuses=[Missing])
    def delete(self, request: ApiRequest, name: str) -> None:
        user = request.user
        if not sign_ins.end_one(user=user, name=name, actor=user, facts=client.facts(request)):
            raise Missing


class ActivityView(Endpoint):
    @operation(
        "See what happened to one's account", by(Scope.OWN_ACTIVITY_READ), query=PageQuery, gives=Activity
    )
    def get(self, request: ApiRequest, query: dict[str, Any]) -> dict[str, Any]:
        """The newest first, 25 to a page."""
        entries, following = activity.page(request.user, before=query.get("before"))
        return {"entries": [_entry(entry) for entry in entries], "next": following}


class PasswordChange(Endpoint):
    @operation(
        "Change one's password",
        by(Scope.PASSWORD_CHANGE),
        takes=PasswordInput,
        status=204,
        refuses=[WrongCredentials, LockedOut, TooMany],
    )
    def post(self, request: ApiRequest, data: dict[str, Any]) -> None:
        """Everything but this sign-in ends."""
        user, chosen = request.user, data["new_password"]
        if not _is_current(request, user, data["current_password"]):
            raise WrongCredentials
        form = NewPasswordForm(user, {"new_password": chosen})
        if not form.is_valid():
            raise invalid_form(form.errors.as_data())
        try:
            password.change(request=request, user=user, new_password=chosen, keep=key_digest_of(request))
        except ValidationError as error:
            raise invalid_value("new_password", error) from error


class Reauthenticate(Endpoint):
    @operation(
        "Prove once more who one is",
        SIGNED_IN,
        takes=ProofInput,
        status=204,
        refuses=proofs.refusals,
    )
    def post(self, request: ApiRequest, data: dict[str, Any]) -> None:
        """What asks for a fresh proof then takes this sign-in's tokens for some minutes.

        By one of the `methods` that the refusal names: of whoever has a second step a password is not enough."""
        method, counted = data["method"], reauthentication.methods_for(request.user)
        if method not in counted:
            raise Invalid.field(
                "method",
                "invalid_choice",
                _("Of you, one of these: %(methods)s.") % {"methods": ", ".join(counted)},
            )
        if method != "password":
            method = proofs.shown(request, request.user, data)
        elif "password" not in data:
            raise Invalid.field("password", "required", _("This field is required."))
        elif not _is_current(request, request.user, data["password"]):
            raise WrongCredentials
        reauthentication.confirmed(request, method=method)


def _is_current(request: HttpRequest, user: User, typed: str) -> bool:
    return user.has_usable_password() and password.is_current(request=request, user=user, typed=typed)


def _me(user: User) -> dict[str, Any]:
    known = vars(user).get("has_proved_address")
    return {
        "id": user.public_id,
        "email": user.email,
        "email_verified": user.has_verified_email if known is None else known,
        "name": user.name,
        "language": user.language,
        "time_zone": user.time_zone,
        "has_password": user.has_usable_password(),
        "created_at": user.date_joined,
    }


def _address(row: EmailAddress) -> dict[str, Any]:
    return {"id": row.pk, "email": row.email, "verified": row.verified, "primary": row.primary}


def _sign_in(row: sign_ins.SignIn, here: str | None) -> dict[str, Any]:
    return {
        "id": row.name,
        "kind": row.kind,
        "current": row.name == here,
        "device": row.device,
        "address": row.address,
        "methods": row.methods,
        "created_at": row.created_at,
        "last_seen_at": row.last_seen_at,
        "expires_at": row.expires_at,
    }


def _entry(entry: activity.Entry) -> dict[str, Any]:
    return {
        "id": entry.event_id,
        "at": entry.at,
        "what": entry.what,
        "refused": entry.is_warning,
        "by_somebody_else": entry.by_others,
        "address": entry.address,
        "device": entry.device,
    }
