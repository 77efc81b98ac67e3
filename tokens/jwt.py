"""Access tokens (RFC 9068): written with a key of the ring, and read with nothing left to the token's own word.

The only module that touches the JWT library. Which key and which algorithm is ours to say: of the token's header the
name of a key is looked up, and whatever else it claims (alg, jku, jwk, x5u) decides nothing.

Refused              no token of ours, or not of this purpose, or over; `reason` is for the log
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from django.conf import settings
from django.utils import timezone

from tokens import keys

TYPE = "at+jwt"
REQUIRED = ["iss", "sub", "aud", "iat", "nbf", "exp", "jti", "sid"]
LIMIT = 4096
# For clocks of other machines; our own processes share one.
LEEWAY = timedelta(seconds=30)


class Refused(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Access:
    """What a token says, once it is believed."""

    person: uuid.UUID
    family: uuid.UUID
    scope: frozenset[str]
    token_id: str
    expires_at: int


def issue(*, person: uuid.UUID, family: uuid.UUID, scope: str = "", now: datetime | None = None) -> str:
    at, key = now or timezone.now(), keys.signing()
    claims = {
        "iss": settings.BASE_URL,
        "sub": str(person),
        "aud": settings.TOKEN_AUDIENCE,
        "iat": at,
        "nbf": at,
        "exp": at + settings.ACCESS_TOKEN_LIFETIME,
        "jti": str(uuid.uuid4()),
        "sid": str(family),
        "scope": scope,
    }
    return jwt.encode(claims, key.private, algorithm=key.algorithm, headers={"kid": key.kid, "typ": TYPE})


def read(token: str) -> Access:
    """Raises Refused. It says nothing about whether the sign-in still stands: that is in its row."""
    key = _key_of(token)
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public,
            algorithms=[key.algorithm],
            audience=settings.TOKEN_AUDIENCE,
            issuer=settings.BASE_URL,
            leeway=LEEWAY,
            options={"require": REQUIRED, "strict_aud": True},
        )
        return Access(
            person=uuid.UUID(claims["sub"]),
            family=uuid.UUID(claims["sid"]),
            scope=frozenset(str(claims.get("scope", "")).split()),
            token_id=str(claims["jti"]),
            expires_at=int(claims["exp"]),
        )
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
        raise Refused(type(error).__name__) from error


def _key_of(token: str) -> keys.Key:
    if len(token) > LIMIT:
        raise Refused("too long")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise Refused("malformed") from error
    if header.get("typ") != TYPE:
        raise Refused("another type of token")
    if "crit" in header:
        raise Refused("critical header")
    key = keys.verifying(str(header.get("kid", "")))
    if key is None:
        raise Refused("unknown key")
    if header.get("alg") != key.algorithm:
        raise Refused("another algorithm")
    return key
