"""Tokens for service accounts, by the standards' own names (RFC 6749, §§ 2.3 and 4.4; RFC 7523, § 2.2)."""

import base64
import binascii
from typing import Any, ClassVar
from urllib.parse import unquote_plus

from django.conf import settings
from django.http import HttpRequest
from rest_framework import serializers

from accounts.api import schemes
from accounts.api.endpoint import PUBLIC, Endpoint, operation
from accounts.api.examples import UUID
from core import client, ratelimit
from core.api.fields import Input, Output, Secret, Text
from core.api.problems import Invalid
from core.errors import TooMany
from tokens import jwt
from tokens.errors import ClientRefused, InvalidRequest, InvalidScope, UnsupportedGrant
from tokens.flows import client_sign_in
from tokens.flows.client_sign_in import Issued

GRANT = "client_credentials"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class GrantInput(Input):
    """As RFC 6749, § 3.2, has it, what is not known is ignored, and what is wrong has one name."""

    samples: ClassVar = {
        "By HTTP Basic": {"grant_type": GRANT, "scope": "members.view"},
        "A secret": {
            "grant_type": GRANT,
            "client_id": UUID,
            "client_secret": "ids_1b3D5f7H9j1L3n5P7r9T1v3X5z7B9d1F3h5J7l9N0Q2wEr",
        },
        "A signed assertion": {
            "grant_type": GRANT,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": (
                "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiI2ZjFjIiwic3ViIjoiNmYxYyIsImp0aSI6IjEifQ.c2lnbmF0dXJl"
            ),
        },
    }

    ignores_unknown = True

    grant_type = Text(required=False, help_text="Has to be `client_credentials`.")
    scope = Text(
        required=False, allow_blank=True, help_text="Separated by spaces. Left out: all it was given."
    )
    client_id = Text(required=False, max_length=100)
    client_secret = Secret(required=False, max_length=200)
    client_assertion = Secret(required=False, max_length=jwt.LIMIT)
    client_assertion_type = Text(required=False, max_length=100, help_text=f"`{ASSERTION_TYPE}`")

    @classmethod
    def read(cls, data: Any, *, partial: bool = False) -> dict[str, Any]:
        try:
            return super().read(data, partial=partial)
        except Invalid:
            raise InvalidRequest from None


class ServiceToken(Output):
    sample: ClassVar = {"scope": "members.view"}

    access_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()
    scope = serializers.CharField(allow_blank=True)


class Token(Endpoint):
    @operation(
        "Get a token as a service account",
        PUBLIC,
        takes=GrantInput,
        gives=ServiceToken,
        refuses=[ClientRefused, InvalidRequest, InvalidScope, UnsupportedGrant, TooMany],
        takes_forms=True,
        schemes=[schemes.BASIC],
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> dict[str, Any]:
        """In exchange for its secret, by HTTP Basic or in the body, or for an assertion signed with its key: good for
        five minutes at most, once, for this site alone. There is no refresh token: ask again."""
        ratelimit.enforce("client.address", client.network(client.address(request)), on_error="deny")
        if "grant_type" not in data:
            raise InvalidRequest
        if data["grant_type"] != GRANT:
            raise UnsupportedGrant
        issued = _proved(request, data)
        return {
            "access_token": issued.access,
            "token_type": "Bearer",
            "expires_in": int(settings.ACCESS_TOKEN_LIFETIME.total_seconds()),
            "scope": issued.scope,
        }


def _proved(request: HttpRequest, data: dict[str, Any]) -> Issued:
    """By exactly one of the ways."""
    by_header, named = basic(request), data.get("client_id", "")
    if sum([by_header is not None, "client_secret" in data, "client_assertion" in data]) > 1:
        raise InvalidRequest
    scope, facts = data.get("scope", ""), client.facts(request)
    if "client_assertion" in data:
        if data.get("client_assertion_type") != ASSERTION_TYPE:
            raise InvalidRequest
        assertion = data["client_assertion"]
        return client_sign_in.by_assertion(assertion=assertion, client_id=named, scope=scope, facts=facts)
    if by_header is not None and named not in ("", by_header[0]):
        raise InvalidRequest
    client_id, secret = by_header or (named, data.get("client_secret", ""))
    return client_sign_in.by_secret(client_id=client_id, secret=secret, scope=scope, facts=facts)


def basic(request: HttpRequest) -> tuple[str, str] | None:
    """Each half was encoded as in a form before both were put together (§ 2.3.1)."""
    kind, _space, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        pair = base64.b64decode(text.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return "", ""
    name, _colon, secret = pair.partition(":")
    return unquote_plus(name), unquote_plus(secret)
