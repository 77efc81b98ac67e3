"""Checks an ID token as OpenID Connect Core 3.1.3.7 demands, signature included.

The standard lets a client skip the signature of a token that came straight from the token endpoint, which is what
allauth does; a proxy between us and the provider that opens TLS would then decide who signs in.
"""

import hmac
import time
from collections.abc import Sequence
from typing import Any

import jwt

from sso.social import directory
from sso.social.configuration import Provider
from sso.social.errors import AnswerRefused

# Signatures only: with HS256 the client's secret, or a public key, could be made to sign.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
CLOCKS_DIFFER = 60
SUBJECT_LIMIT = 255


def read(token: str, *, provider: Provider, required: Sequence[str] = REQUIRED) -> dict[str, Any]:
    """Any token that the provider signed for us: signature, issuer, audience and time."""
    try:
        claims = _decode(token, provider, required)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise AnswerRefused(f"id-token-{type(error).__name__}") from error
    _check_issuer(claims, directory.metadata(provider).issuer)
    return claims


def verify(token: object, *, provider: Provider, nonce: str, fresh_since: float | None) -> dict[str, Any]:
    """Its claims. With `fresh_since` the person must have signed in at the provider no earlier."""
    if not isinstance(token, str):
        raise AnswerRefused("no-id-token")
    _check_kind(token)
    claims = read(token, provider=provider)
    _check_party(claims, provider.client_id)
    _check_nonce(claims, nonce)
    _check_subject(claims["sub"])
    if fresh_since is not None:
        _check_freshness(claims, provider, fresh_since)
    return claims


def _check_kind(token: str) -> None:
    """Providers sign access and logout tokens with the same keys, and say so in the header where they say anything."""
    try:
        kind = jwt.get_unverified_header(token).get("typ", "JWT")
    except jwt.PyJWTError as error:
        raise AnswerRefused(f"id-token-{type(error).__name__}") from error
    if str(kind).lower() != "jwt":
        raise AnswerRefused("token-kind")


def _decode(token: str, provider: Provider, required: Sequence[str]) -> dict[str, Any]:
    header = jwt.get_unverified_header(token)
    key = _key(provider, header.get("kid"), str(header.get("alg")))
    return jwt.decode(
        token,
        key,
        algorithms=sorted(ALGORITHMS),
        audience=provider.client_id,
        leeway=CLOCKS_DIFFER,
        options={"require": list(required)},
    )


def _key(provider: Provider, kid: str | None, algorithm: str) -> jwt.PyJWK:
    """The key of that name, or the only one there is when the token names none."""
    if algorithm not in ALGORITHMS:
        raise AnswerRefused("algorithm")
    known = directory.keys(provider, wanted=kid)
    fitting = [key for key in known if key.get("kid") == kid] if kid is not None else known
    if len(fitting) != 1:
        raise AnswerRefused("unknown-key")
    return jwt.PyJWK(fitting[0], algorithm=fitting[0].get("alg") or algorithm)


def _check_issuer(claims: dict[str, Any], issuer: str) -> None:
    expected = issuer.replace("{tenantid}", str(claims.get("tid", "")))
    if claims["iss"] != expected:
        raise AnswerRefused("issuer")


def _check_party(claims: dict[str, Any], client_id: str) -> None:
    """A token for several parties names the one it was made for."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise AnswerRefused("authorized-party")


def _check_nonce(claims: dict[str, Any], nonce: str) -> None:
    """It was made for this sign-in of this browser, and no other."""
    brought = str(claims.get("nonce", "")).encode("utf-8", "replace")
    if not hmac.compare_digest(brought, nonce.encode()):
        raise AnswerRefused("nonce")


def _check_subject(subject: object) -> None:
    if not isinstance(subject, str) or not (
        0 < len(subject) <= SUBJECT_LIMIT and subject.isascii() and subject.isprintable()
    ):
        raise AnswerRefused("subject")


def _check_freshness(claims: dict[str, Any], provider: Provider, since: float) -> None:
    at = claims.get("auth_time")
    if at is None and not provider.proves_time:
        return
    if isinstance(at, bool) or not isinstance(at, int | float):
        raise AnswerRefused("no-auth-time")
    if not since - CLOCKS_DIFFER <= at <= time.time() + CLOCKS_DIFFER:
        raise AnswerRefused("not-fresh")
