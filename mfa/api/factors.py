"""One's own second factors: seeing, adding, renaming and removing them; each by the flows of the pages."""

from typing import Any, ClassVar

from rest_framework import serializers

from accounts.api.caller import ApiRequest
from accounts.api.endpoint import SIGNED_IN, Endpoint, by, freshly, operation
from accounts.api.examples import NEW_PASSKEY_ANSWER
from accounts.api.problems import LastWayIn
from accounts.api.scopes import Scope
from accounts.sign_in import reauthentication
from core import client
from core.api.fields import Input, Object, Output, Secret, Text, invalid_form
from core.errors import Missing, TooMany
from mfa import limits, requirement
from mfa.api.problems import AppNotConfirmed, NothingToConfirm, TooManyFactors
from mfa.api.proofs import answer_in
from mfa.api.questions import CreationOptions, RequestOptions, question_to
from mfa.ceremonies import Purpose
from mfa.errors import FactorNeeded, LastFactor, PasskeyRefused
from mfa.factors import authenticator, passkeys, recovery, registry
from mfa.flows import changes
from mfa.forms import NAME_LIMIT, AddAppForm, NameForm
from mfa.models import Authenticator, Passkey

# For what the password alone must not open.
FRESHLY = freshly(Scope.FACTORS_WRITE)


class AppFacts(Output):
    sample: ClassVar = {"name": "Phone"}

    id = serializers.IntegerField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class PasskeyFacts(AppFacts):
    sample: ClassVar = {"name": "Laptop", "suspended_at": None}

    suspended_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when it counts as copied by somebody and opens nothing."
    )


class Requirement(Output):
    sample: ClassVar = {"by": "Acme"}

    by = serializers.CharField(allow_null=True, help_text="The organization; null: the site, of its staff.")
    since = serializers.DateTimeField(allow_null=True, help_text="May be a day to come.")


class Factors(Output):
    sample: ClassVar = {"methods": ["passkey", "app", "recovery"], "recovery_codes_left": 8}

    enabled = serializers.BooleanField()
    methods = serializers.ListField(
        child=serializers.CharField(), help_text="What one can show, the best first."
    )
    requirement = Requirement(allow_null=True)
    apps = AppFacts(many=True)
    passkeys = PasskeyFacts(many=True)
    recovery_codes_left = serializers.IntegerField()


class Codes(Output):
    recovery_codes = serializers.ListField(child=serializers.CharField(), help_text="Shown this once.")


class NewApp(Output):
    sample: ClassVar = {
        "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "address": "otpauth://totp/Acme:alice@example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme",
    }

    secret = serializers.CharField(help_text="For an app that takes no address.")
    address = serializers.CharField(help_text="otpauth://, for a QR code.")


class AddedFactor(Output):
    sample: ClassVar = {"name": "Phone"}

    id = serializers.IntegerField()
    name = serializers.CharField()
    recovery_codes = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="With the first factor only, and shown this once.",
    )


class AddAppInput(Input):
    samples: ClassVar = {"Request": {"code": "492039", "name": "Phone"}}

    code = Secret(max_length=20)
    name = Text(required=False, max_length=NAME_LIMIT)


class NameInput(Input):
    samples: ClassVar = {"Request": {"name": "Old phone"}}

    name = Text(max_length=NAME_LIMIT)


class PasskeyInput(Input):
    samples: ClassVar = {"Request": {"credential": NEW_PASSKEY_ANSWER}}

    credential = Object(help_text="What the browser answers to `me/mfa/passkeys/options`.")


class FactorsView(Endpoint):
    @operation("See one's second factors", by(Scope.FACTORS_READ), gives=Factors)
    def get(self, request: ApiRequest) -> dict[str, Any]:
        user = request.user
        counted, required = registry.counts(user), requirement.of(user, request)
        shown = registry.among(counted)
        return {
            "enabled": bool(shown),
            "methods": [factor.NAME for factor in shown],
            "requirement": _requirement(required) if required else None,
            "apps": [_app(row) for row in authenticator.of(user)],
            "passkeys": [_passkey(row) for row in passkeys.of(user)],
            "recovery_codes_left": counted.get(recovery.NAME, 0),
        }


class ProofOptions(Endpoint):
    @operation(
        "Get the question to a passkey, to prove once more who one is",
        SIGNED_IN,
        gives=RequestOptions,
        refuses=[Missing, TooMany],
    )
    def post(self, request: ApiRequest) -> dict[str, Any]:
        """Its answer goes to `reauthenticate`. Of whoever has none: 404."""
        limits.before_question(request)
        return question_to(request.user, Purpose.PROVE)


class AppBegin(Endpoint):
    @operation("Get the key for an authenticator app", FRESHLY, gives=NewApp, refuses=[TooManyFactors])
    def post(self, request: ApiRequest) -> dict[str, Any]:
        """The same one until it is confirmed, for a quarter of an hour."""
        _require_room(authenticator.of(request.user).count(), authenticator.AT_MOST)
        secret = authenticator.begin(request.session, request.user)
        return {"secret": secret, "address": authenticator.address(secret, request.user)}


class Apps(Endpoint):
    @operation(
        "Add the authenticator app by its first code",
        FRESHLY,
        takes=AddAppInput,
        gives=AddedFactor,
        status=201,
        refuses=[AppNotConfirmed, NothingToConfirm, TooManyFactors],
    )
    def post(self, request: ApiRequest, data: dict[str, Any]) -> dict[str, Any]:
        """With the first factor come recovery codes: show them, and keep them nowhere."""
        user = request.user
        _require_room(authenticator.of(user).count(), authenticator.AT_MOST)
        form = AddAppForm({"name": authenticator.default_name(), **data})
        if not form.is_valid():
            raise invalid_form(form.errors.as_data())
        if authenticator.pending(request.session, user) is None:
            raise NothingToConfirm
        added = changes.add_app(
            user=user,
            session=request.session,
            typed=form.cleaned_data["code"],
            name=form.cleaned_data["name"],
            facts=client.facts(request),
        )
        if added is None:
            raise AppNotConfirmed
        return _added(request, added, method=authenticator.METHOD)


class AppView(Endpoint):
    @operation(
        "Rename an authenticator app",
        FRESHLY,
        takes=NameInput,
        gives=AppFacts,
        refuses=[Missing],
    )
    def patch(self, request: ApiRequest, data: dict[str, Any], pk: int) -> dict[str, Any]:
        if data:
            name, facts = _name(data), client.facts(request)
            changes.rename_app(user=request.user, pk=pk, name=name, facts=facts)
        app = authenticator.of(request.user).filter(pk=pk).first()
        if app is None:
            raise Missing
        return _app(app)

    @operation("Remove an authenticator app", FRESHLY, status=204, refuses=[LastFactor, Missing])
    def delete(self, request: ApiRequest, pk: int) -> None:
        """With the last factor the recovery codes go, which only stand in for one."""
        if changes.remove_app(user=request.user, pk=pk, facts=client.facts(request)) is None:
            raise Missing


class RecoveryCodes(Endpoint):
    @operation("Get new recovery codes", FRESHLY, gives=Codes, status=201, refuses=[FactorNeeded])
    def post(self, request: ApiRequest) -> dict[str, Any]:
        """Show them, and keep them nowhere. All earlier ones end."""
        codes = changes.renew_codes(user=request.user, facts=client.facts(request))
        if codes is None:
            raise FactorNeeded
        return {"recovery_codes": codes}


class PasskeyOptions(Endpoint):
    @operation(
        "Get the question that makes a passkey",
        FRESHLY,
        gives=CreationOptions,
        refuses=[TooManyFactors, TooMany],
    )
    def post(self, request: ApiRequest) -> dict[str, Any]:
        limits.before_question(request)
        _require_room(passkeys.of(request.user).count(), passkeys.AT_MOST)
        return passkeys.begin(request.user)


class Passkeys(Endpoint):
    @operation(
        "Add a passkey",
        FRESHLY,
        takes=PasskeyInput,
        gives=AddedFactor,
        status=201,
        refuses=[PasskeyRefused, TooMany],
    )
    def post(self, request: ApiRequest, data: dict[str, Any]) -> dict[str, Any]:
        """With the first factor come recovery codes: show them, and keep them nowhere."""
        limits.before_passkey(request)
        answer, facts = answer_in(data), client.facts(request)
        added = changes.add_passkey(user=request.user, answer=answer, facts=facts)
        if added is None:
            raise PasskeyRefused
        return _added(request, added, method=passkeys.METHOD)


class PasskeyView(Endpoint):
    @operation(
        "Rename a passkey",
        FRESHLY,
        takes=NameInput,
        gives=PasskeyFacts,
        refuses=[Missing],
    )
    def patch(self, request: ApiRequest, data: dict[str, Any], pk: int) -> dict[str, Any]:
        if data:
            name, facts = _name(data), client.facts(request)
            changes.rename_passkey(user=request.user, pk=pk, name=name, facts=facts)
        passkey = passkeys.of(request.user).filter(pk=pk).first()
        if passkey is None:
            raise Missing
        return _passkey(passkey)

    @operation("Remove a passkey", FRESHLY, status=204, refuses=[LastFactor, LastWayIn, Missing])
    def delete(self, request: ApiRequest, pk: int) -> None:
        """With the last factor the recovery codes go, which only stand in for one."""
        try:
            removed = changes.remove_passkey(user=request.user, pk=pk, facts=client.facts(request))
        except changes.LastWayIn:
            raise LastWayIn from None
        if removed is None:
            raise Missing


def _require_room(number: int, at_most: int) -> None:
    if number >= at_most:
        raise TooManyFactors


def _name(data: dict[str, Any]) -> str:
    form = NameForm(data)
    if not form.is_valid():
        raise invalid_form(form.errors.as_data())
    return str(form.cleaned_data["name"])


def _added(request: ApiRequest, added: changes.Added, *, method: str) -> dict[str, Any]:
    # What was just shown was the factor: nobody is asked for it again at once.
    reauthentication.confirmed(request, method=method)
    codes = {"recovery_codes": added.codes} if added.codes else {}
    return {"id": added.pk, "name": added.name, **codes}


def _requirement(required: requirement.Requirement) -> dict[str, Any]:
    return {"by": required.organization or None, "since": required.since}


def _app(row: Authenticator) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "created_at": row.created_at, "last_used_at": row.last_used_at}


def _passkey(row: Passkey) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "created_at": row.created_at,
        "last_used_at": row.last_used_at,
        "suspended_at": row.suspended_at,
    }
