"""Tokens renewed, ended and checked."""

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts import access
from accounts.access import Reason
from accounts.api import schemes, throttle
from accounts.api.caller import ApiRequest, Caller
from accounts.api.endpoint import PUBLIC, SIGNED_IN, Endpoint, by, operation, reply
from accounts.api.examples import ACCESS_TOKEN
from accounts.api.problems import OriginUnproved
from accounts.api.scopes import Credential, Scope, spelled
from accounts.api.wishes import COOKIE, Tokens, Transport, require_origin
from core import client
from core.api.fields import Input, Output, Secret
from core.api.problems import InvalidToken
from tokens import hand_out, jwt
from tokens.api import authentication
from tokens.api.token import basic
from tokens.errors import (
    ClientRefused,
    InvalidRefresh,
    NotTrusted,
    RefreshRepeated,
    SignInEnded,
    SignInExpired,
    TokenReused,
)
from tokens.flows import client_sign_in, families

GONE = "Ends that of the transport `cookie`."


class RefreshInput(Input):
    samples: ClassVar = {
        "A program": ("refresh_token",),
        "A page in a browser, whose cookie comes along": {"transport": COOKIE},
    }

    refresh_token = Secret(required=False, max_length=200, help_text="With the transport `body`.")
    transport = Transport()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["transport"] != COOKIE and "refresh_token" not in attrs:
            missing = _("Bring it, or ask for the transport `cookie` where a browser keeps it.")
            raise serializers.ValidationError({"refresh_token": [missing]}, code="required")
        return attrs


class TokenInput(Input):
    samples: ClassVar = {"Request": {"token": ACCESS_TOKEN}}

    token = Secret(max_length=jwt.LIMIT)


class HintedTokenInput(Input):
    samples: ClassVar = {"Request": {"token": ACCESS_TOKEN}}

    # Whatever somebody brought: what is too long is no token of ours, and no mistake of whoever asks.
    token = Secret(max_length=settings.API_BODY_LIMIT)
    token_type_hint = Secret(required=False, max_length=100, help_text="Taken and not needed (RFC 7662).")


class TokenFacts(Output):
    sample: ClassVar = {"token_type": "Bearer"}

    active = serializers.BooleanField()
    token_type = serializers.CharField(required=False)
    sub = serializers.CharField(required=False)
    client_id = serializers.CharField(required=False)
    scope = serializers.CharField(required=False)
    sid = serializers.CharField(required=False)
    iss = serializers.CharField(required=False)
    aud = serializers.CharField(required=False)
    exp = serializers.IntegerField(required=False)
    iat = serializers.IntegerField(required=False)
    jti = serializers.CharField(required=False)


class Refresh(Endpoint):
    @operation(
        "Renew the tokens of a sign-in",
        PUBLIC,
        takes=RefreshInput,
        gives=Tokens,
        refuses=[InvalidRefresh, SignInEnded, SignInExpired, RefreshRepeated, TokenReused, OriginUnproved],
        schemes=[schemes.COOKIE],
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        """Each refresh token works once; use the one that comes with the answer next. Using an old one again ends the
        sign-in, except within ten seconds from the same place: then the same answer comes once more."""
        transport = data["transport"]
        if transport == COOKIE:
            require_origin(request)
            token = request.COOKIES.get(settings.REFRESH_COOKIE_NAME, "")
        else:
            token = data["refresh_token"]
        pair = families.refresh(token=token, facts=client.facts(request))
        return hand_out.answer(pair, transport=transport)


class Logout(Endpoint):
    @operation("Sign out this program", SIGNED_IN, status=204, cookie=GONE)
    def post(self, request: ApiRequest) -> HttpResponse:
        """Ends the sign-in that the access token belongs to: neither of its tokens opens anything from then on."""
        user = request.user
        # Ended meanwhile from elsewhere, it is over as well, which was the wish.
        families.end_named(user=user, name=str(request.caller.id), actor=user, facts=client.facts(request))
        return _gone()


class LogoutAll(Endpoint):
    @operation(
        "Sign out everywhere", by(Scope.SESSIONS_END, only=[Credential.SIGN_IN]), status=204, cookie=GONE
    )
    def post(self, request: ApiRequest) -> HttpResponse:
        """Ends all sessions, sign-ins of programs and API keys of this person, this one included."""
        reason = Reason.SIGN_OUT_EVERYWHERE
        access.revoke(request.user, reason=reason, actor=request.user, facts=client.facts(request))
        return _gone()


class Verify(Endpoint):
    @operation(
        "Ask whether one's access token is good",
        PUBLIC,
        takes=TokenInput,
        gives=TokenFacts,
        refuses=[InvalidToken],
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> dict[str, Any]:
        """Of a token that is over, ended, or none of ours: 401."""
        found = _facts(data["token"])
        if found is None:
            raise InvalidToken
        return found


class Introspect(Endpoint):
    only_reads = True

    def recognized(self, request: HttpRequest) -> Caller:
        """Also as most resource servers ask."""
        pair = basic(request)
        if pair is None:
            return super().recognized(request)
        throttle.before_stranger(request)
        client_id, secret = pair
        credential = client_sign_in.recognized(
            client_id=client_id, secret=secret, facts=client.facts(request)
        )
        caller = authentication.service(credential.public_id, credential.service.public_id)
        if caller is None:
            raise ClientRefused
        return caller

    @operation(
        "Ask whether a token that somebody brought is good (RFC 7662)",
        by(Scope.TOKENS_INTROSPECT),
        takes=HintedTokenInput,
        gives=TokenFacts,
        refuses=[NotTrusted, ClientRefused],
        takes_forms=True,
        schemes=[schemes.BASIC],
    )
    def post(self, request: ApiRequest, data: dict[str, Any]) -> dict[str, Any]:
        """For resource servers, with the token of a service account whose organization the site vouches for, or with
        its client_id and secret by HTTP Basic."""
        if not getattr(request.caller.service, "is_trusted", False):
            raise NotTrusted
        return _facts(data["token"]) or {"active": False}


def _facts(token: str) -> dict[str, Any] | None:
    """Of an access token, and of nothing else: a key is told to nobody but its owner."""
    try:
        access_token = jwt.read(token)
    except jwt.Refused:
        return None
    caller = authentication.by_access(access_token)
    return None if caller is None else _described(access_token, caller)


def _described(token: jwt.Access, caller: Caller) -> dict[str, Any]:
    return {
        "active": True,
        "token_type": "Bearer",
        "sub": str(token.subject),
        **({"client_id": token.client_id} if token.client_id else {}),
        "scope": spelled(caller.scope),
        "sid": str(token.sid),
        "iss": settings.BASE_URL,
        "aud": settings.TOKEN_AUDIENCE,
        "exp": token.expires_at,
        "iat": token.issued_at,
        "jti": token.token_id,
    }


def _gone() -> HttpResponse:
    response = reply(None)
    hand_out.forget_cookie(response)
    return response
