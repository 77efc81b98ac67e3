"""Signing in with the ID token of a provider."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.api import wishes
from accounts.api.endpoint import PUBLIC, Endpoint, operation
from accounts.api.problems import SignUpClosed
from accounts.api.sign_in import DEMANDS
from accounts.api.wishes import SignInInput, Tokens
from accounts.sign_in import programs
from accounts.sign_in.programs import AccountDisabled
from core.errors import TooMany
from sso import arrival
from sso.api.arrival import Attempt, IdTokenInput, ProviderInput, arrive, begun
from sso.api.problems import IdentityRefused
from sso.linking import Purpose, Verdict
from sso.social.errors import AnswerRefused, Expired, ProviderDown


class SocialSignInInput(IdTokenInput, SignInInput):
    pass


class SocialSignInOptions(Endpoint):
    @operation(
        "Begin a sign-in at a provider",
        PUBLIC,
        takes=ProviderInput,
        gives=Attempt,
        refuses=[ProviderDown, TooMany],
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> dict[str, Any]:
        """What a program needs to have its person sign in there by itself, once."""
        return begun(request, data, purpose=Purpose.SIGN_IN)


class SocialSignIn(Endpoint):
    @operation(
        "Sign in with an ID token",
        PUBLIC,
        takes=SocialSignInInput,
        gives=Tokens,
        refuses=[Expired, AnswerRefused, ProviderDown, IdentityRefused, SignUpClosed, *DEMANDS],
        demands=True,
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        """For OpenID providers. The token is looked at once: after a refusal, begin again. Whoever is new here gets an
        account, and is asked to confirm the address unless the provider is believed about it."""
        wishes.prepare(request, data)
        found, identity = arrive(request, data, purpose=Purpose.SIGN_IN)
        if found.verdict is Verdict.REFUSE_IN_SILENCE:
            return programs.as_if_signed_up(request, email=identity.email)
        if found.user is None:
            raise AccountDisabled
        signed_up = found.verdict in arrival.NEW
        return programs.sign_in(request, user=found.user, signed_up=signed_up, **arrival.how(identity))
