"""Access tokens (RFC 9068): written with a key of the ring, and read with nothing left to the token's own word.

The only module that touches simplejwt and the library below it. Which key and which algorithm is ours to say: of the
token's header the name of a key is looked up, and whatever else it claims (alg, jku, jwk, x5u) decides nothing.

Refused              no token of ours, or not of this purpose, or over; `reason` is for the log
"""

import hashlib
import json
import time
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from rest_framework_simplejwt.backends import TokenBackend

from tokens import keys

TYPE = "at+jwt"
REQUIRED = ["iss", "sub", "aud", "iat", "nbf", "exp", "jti", "sid"]
LIMIT = 4096
# For clocks of other machines; our own processes share one.
LEEWAY = timedelta(seconds=30)
# Below, a key can be broken; above, checking what it signed costs more than anybody needs.
RSA_LEAST, RSA_MOST = 2048, 8192
# How far ahead an assertion may end.
ASSERTION_LIFETIME = timedelta(minutes=5)
# Tokens whose signature this process has checked already are known by their digest until they end.
REMEMBERED = 10_000


# What reading a hostile token can raise.
UNREADABLE = (
    jwt.PyJWTError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class Refused(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Access:
    """What a token says, once it is believed: `sid` names the sign-in or credential behind it, where it can end."""

    subject: uuid.UUID
    sid: uuid.UUID
    scope: str
    token_id: str
    issued_at: int
    expires_at: int
    kid: str
    # Of a service account: itself, as the client of OAuth.
    client_id: str = ""


class RingBackend(TokenBackend):
    """simplejwt's, with one key of the ring, the header of RFC 9068, and every claim that we write demanded."""

    def __init__(self, key: keys.Key) -> None:
        super().__init__(key.algorithm, audience=settings.TOKEN_AUDIENCE, issuer=settings.BASE_URL)
        self.key = key

    def encode(self, payload: dict[str, Any]) -> str:
        claims = {**payload, "aud": self.audience, "iss": self.issuer}
        header = {"kid": self.key.kid, "typ": TYPE}
        return jwt.encode(claims, self.key.private, algorithm=self.algorithm, headers=header)

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        return jwt.decode(
            token,
            self.key.public,
            algorithms=[self.algorithm],
            audience=self.audience,
            issuer=self.issuer,
            leeway=LEEWAY,
            options={"require": REQUIRED, "strict_aud": True},
        )


def issue(
    *, subject: uuid.UUID, sid: uuid.UUID, scope: str = "", client_id: str = "", now: datetime | None = None
) -> str:
    at = now or timezone.now()
    claims = {
        "sub": str(subject),
        "iat": at,
        "nbf": at,
        "exp": at + settings.ACCESS_TOKEN_LIFETIME,
        "jti": str(uuid.uuid4()),
        "sid": str(sid),
        "scope": scope,
        **({"client_id": client_id} if client_id else {}),
    }
    return RingBackend(keys.signing()).encode(claims)


_remembered: "OrderedDict[bytes, Access]" = OrderedDict()


def read(token: str) -> Access:
    """Raises Refused. It says nothing about whether the sign-in still stands: that is in its row."""
    digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
    known = _remembered.get(digest)
    # A key that is no longer believed takes what it signed along, also what was checked before.
    if known is not None and known.expires_at > time.time() and keys.verifying(known.kid) is not None:
        return known
    access = _checked(token)
    _remembered[digest] = access
    while len(_remembered) > REMEMBERED:
        _remembered.popitem(last=False)
    return access


def forget() -> None:
    _remembered.clear()


def bearer(request: HttpRequest) -> str:
    """What was brought as a bearer token, or nothing."""
    scheme, _space, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def jwk_of(text: str) -> dict[str, Any]:
    """Of a public key as somebody pastes it: as JWK or PEM. Raises ValueError."""
    try:
        if text.lstrip().startswith("{"):
            return dict(json.loads(text))
        return _as_jwk(load_pem_public_key(text.strip().encode()))
    except (RecursionError, UnsupportedAlgorithm, jwt.PyJWTError) as error:
        raise ValueError("no public key") from error


def _as_jwk(key: PublicKeyTypes) -> dict[str, Any]:
    if isinstance(key, RSAPublicKey):
        return RSAAlgorithm.to_jwk(key, as_dict=True)
    if isinstance(key, EllipticCurvePublicKey):
        return ECAlgorithm.to_jwk(key, as_dict=True)
    if isinstance(key, Ed25519PublicKey):
        return OKPAlgorithm.to_jwk(key, as_dict=True)
    raise ValueError("no key for assertions")


def public_jwk_problem(jwk: Mapping[str, Any]) -> str:
    """Why this is no public key that assertions can be signed with; empty if it is."""
    if "d" in jwk or jwk.get("kty") == "oct":
        return "private"
    try:
        key = jwt.PyJWK(dict(jwk), algorithm=assertion_algorithm(jwk))
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return "unreadable"
    if jwk.get("kty") != "RSA":
        return ""
    size = getattr(key.key, "key_size", 0)
    return "weak" if size < RSA_LEAST else "unwieldy" if size > RSA_MOST else ""


def assertion_algorithm(jwk: Mapping[str, Any]) -> str:
    """One for each kind of key, and not what the assertion says. Raises ValueError for others."""
    known = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}
    kind = (str(jwk.get("kty")), None if jwk.get("kty") == "RSA" else jwk.get("crv"))
    if kind not in known:
        raise ValueError("no key for assertions")
    return known[kind]


def assertion_issuer(assertion: str) -> str:
    """Who claims to have written it, to look their keys up; nothing is believed yet."""
    if len(assertion) > LIMIT:
        return ""
    try:
        return str(jwt.decode(assertion, options={"verify_signature": False}).get("iss", ""))
    except (jwt.PyJWTError, ValueError, RecursionError):
        return ""


def read_assertion(
    assertion: str, *, jwk: Mapping[str, Any], issuer: str, audiences: list[str]
) -> dict[str, Any]:
    """Of a client that proves itself with a key (RFC 7523, § 3): for us alone, soon over, and with a name by which it
    is known if it comes again. Raises Refused."""
    try:
        algorithm = assertion_algorithm(jwk)
        header = jwt.get_unverified_header(assertion)
        if "crit" in header or header.get("typ", "JWT") not in ("JWT", "client-authentication+jwt"):
            raise Refused("header")
        claims = jwt.decode(
            assertion,
            jwt.PyJWK(dict(jwk), algorithm=algorithm),
            algorithms=[algorithm],
            audience=audiences,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "jti"]},
        )
        remaining = int(claims["exp"]) - time.time()
    except UNREADABLE as error:
        raise Refused(type(error).__name__) from error
    if claims["sub"] != issuer:
        raise Refused("subject")
    if not isinstance(claims["jti"], str) or not claims["jti"]:
        raise Refused("no name")
    if isinstance(claims["aud"], list) and len(claims["aud"]) != 1:
        raise Refused("for others as well")
    if remaining > (ASSERTION_LIFETIME + LEEWAY).total_seconds():
        raise Refused("good for too long")
    return claims


def _checked(token: str) -> Access:
    key = _key_of(token)
    try:
        claims = RingBackend(key).decode(token)
        return Access(
            subject=uuid.UUID(claims["sub"]),
            sid=uuid.UUID(claims["sid"]),
            scope=str(claims.get("scope", "")),
            token_id=str(claims["jti"]),
            issued_at=int(claims["iat"]),
            expires_at=int(claims["exp"]),
            kid=key.kid,
            client_id=str(claims.get("client_id", "")),
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
