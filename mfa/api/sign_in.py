"""The second step of signing in, and signing in with a passkey alone."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse

from accounts.api import wishes
from accounts.api.endpoint import PUBLIC, Endpoint, operation
from accounts.api.examples import PASSKEY_ANSWER
from accounts.api.sign_in import DEMANDS, ChallengeInput
from accounts.api.wishes import SignInInput, Tokens
from accounts.models import User
from accounts.sign_in import programs
from accounts.sign_in.allauth_compat import LoginStage, record_authentication
from accounts.sign_in.programs import CHALLENGE_EXAMPLE
from core import client
from core.api.fields import Choice, Object, Secret
from core.errors import Missing, TooMany
from mfa import limits
from mfa.api.problems import FactorRefused
from mfa.api.proofs import answer_in, brought, factor_of
from mfa.api.questions import RequestOptions, question_to
from mfa.ceremonies import Purpose
from mfa.errors import PasskeyRefused, TooManyCodes
from mfa.factors import passkeys, registry
from mfa.flows import arrival, challenge
from mfa.stages import SecondFactorStage


class SecondStepInput(ChallengeInput):
    samples: ClassVar = {
        "An authenticator app": {"challenge": CHALLENGE_EXAMPLE, "method": "app", "code": "492039"},
        "A recovery code": {"challenge": CHALLENGE_EXAMPLE, "method": "recovery", "code": "BCDFG-HJKLM"},
        "A passkey": {"challenge": CHALLENGE_EXAMPLE, "method": "passkey", "credential": PASSKEY_ANSWER},
    }

    method = Choice(
        choices=[factor.NAME for factor in registry.FACTORS],
        required=False,
        help_text="The best that the person has, if left out.",
    )
    code = Secret(required=False, max_length=64, help_text="Of an app, or one for recovery.")
    credential = Object(required=False, help_text="What the browser answers to `login/mfa/passkey/options`.")


class PasskeySignInInput(SignInInput):
    samples: ClassVar = {"Request": {"credential": PASSKEY_ANSWER}}

    credential = Object(help_text="What the browser answers to `login/passkey/options`.")


class Mfa(Endpoint):
    @operation(
        "Show the second factor",
        PUBLIC,
        takes=SecondStepInput,
        gives=Tokens,
        refuses=[FactorRefused, TooManyCodes, *DEMANDS],
        demands=True,
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        """With the challenge from the answer `mfa_required`. It stays good after a wrong code."""
        limits.before_code(request)
        stage, user = _waiting(request, data["challenge"])
        factor = factor_of(user, data.get("method"))
        typed, facts = brought(factor, data), client.facts(request)
        if not challenge.shown(user=user, factor=factor, typed=typed, facts=facts, actor=None):
            raise FactorRefused
        record_authentication(request, user, method=factor.METHOD)
        return programs.resume(request, stage)


class MfaPasskeyOptions(Endpoint):
    @operation(
        "Get the question to a passkey as the second factor",
        PUBLIC,
        takes=ChallengeInput,
        gives=RequestOptions,
        refuses=[Missing, *DEMANDS],
        demands=True,
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> dict[str, Any]:
        """Of whoever has none: 404."""
        limits.before_question(request)
        _stage, user = _waiting(request, data["challenge"])
        return question_to(user, Purpose.SECOND_FACTOR)


class PasskeySignInOptions(Endpoint):
    @operation(
        "Get the question to a passkey as the whole sign-in",
        PUBLIC,
        gives=RequestOptions,
        refuses=[TooMany],
    )
    def post(self, request: HttpRequest) -> dict[str, Any]:
        """The same for everybody: who it is, the passkey says."""
        limits.before_question(request)
        return passkeys.question_to_anybody()


class PasskeySignIn(Endpoint):
    @operation(
        "Sign in with a passkey",
        PUBLIC,
        takes=PasskeySignInInput,
        gives=Tokens,
        refuses=[PasskeyRefused, *DEMANDS],
        demands=True,
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        """It is both factors in one: the device asked for a finger, a face or a PIN."""
        limits.before_passkey(request)
        wishes.prepare(request, data)
        passkey = arrival.show_passkey(answer=answer_in(data), facts=client.facts(request))
        if passkey is None:
            raise PasskeyRefused
        return programs.sign_in(request, user=passkey.user, method=passkeys.METHOD, passkey=passkey.pk)


def _waiting(request: HttpRequest, secret: str) -> tuple[LoginStage, User]:
    """The sign-in of this challenge, as long as its person may still come in and has what it waits for."""
    stage = wishes.enter(request, challenge=secret, stage=SecondFactorStage.key)
    user = programs.require_welcome(request, stage)
    if not registry.protects(user):
        programs.give_up(request)
    return stage, user
