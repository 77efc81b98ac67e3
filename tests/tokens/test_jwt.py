"""RFC 8725 and RFC 9068: what is no access token of ours is refused, one thing wrong at a time."""

import base64
import hmac
import json
import time
import uuid
from typing import Any

import jwt as library
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.test import Client

from tokens import jwt, keys, thumbprint
from tokens.jwt import Refused
from tokens.models import SigningKey

pytestmark = pytest.mark.django_db
PERSON, FAMILY = uuid.uuid4(), uuid.uuid4()
# Constant, since it is part of a test's name.
YEAR_3000 = 32_503_680_000


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": settings.BASE_URL,
        "sub": str(PERSON),
        "aud": settings.TOKEN_AUDIENCE,
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "jti": "1",
        "sid": str(FAMILY),
        "scope": "profile",
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def signed(said: dict[str, Any], **header: Any) -> str:
    key = keys.signing()
    headers = {"kid": key.kid, "typ": "at+jwt", **header}
    return library.encode(said, key.private, algorithm=key.algorithm, headers=headers)


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_what_is_issued_is_read() -> None:
    access = jwt.read(jwt.issue(subject=PERSON, sid=FAMILY, scope="a b"))
    assert (access.subject, access.sid, access.scope) == (PERSON, FAMILY, "a b")
    assert abs(access.expires_at - time.time() - 600) < 5


def test_it_says_what_the_standard_asks() -> None:
    token = jwt.issue(subject=PERSON, sid=FAMILY)
    header = library.get_unverified_header(token)
    assert (header["typ"], header["alg"], header["kid"]) == ("at+jwt", "EdDSA", keys.signing().kid)
    said = library.decode(token, options={"verify_signature": False})
    assert said.keys() == {"iss", "sub", "aud", "iat", "nbf", "exp", "jti", "sid", "scope"}


def test_the_good_one_is_good() -> None:
    """Otherwise the refusals below would prove nothing."""
    assert jwt.read(signed(claims())).subject == PERSON


@pytest.mark.parametrize(
    "changed",
    [
        *({name: None} for name in ("iss", "sub", "aud", "iat", "nbf", "exp", "jti", "sid")),
        {"iss": "https://elsewhere.example"},
        {"aud": "somebody else"},
        {"aud": [settings.TOKEN_AUDIENCE, "somebody else"]},
        {"exp": 1},
        {"exp": "soon"},
        {"nbf": YEAR_3000},
        {"iat": YEAR_3000},
        {"sub": "alice"},
        {"sub": 7},
        {"sid": "x"},
    ],
    ids=str,
)
def test_a_wrong_claim_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        jwt.read(signed(claims(**changed)))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": "rt+jwt"},
        {"typ": "id_token"},
        {"kid": "nobody's"},
        {"kid": ""},
        {"kid": "../../etc/passwd"},
        {"crit": ["exp"]},
    ],
    ids=str,
)
def test_a_wrong_header_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        jwt.read(signed(claims(), **header))


def test_a_key_that_the_token_brings_along_decides_nothing() -> None:
    other = ed25519.Ed25519PrivateKey.generate()
    public = library.algorithms.OKPAlgorithm.to_jwk(other.public_key(), as_dict=True)
    for header in (
        {"jwk": public},
        {"jku": "https://elsewhere.example/keys"},
        {"x5u": "https://elsewhere.example"},
    ):
        headers = {"kid": keys.signing().kid, "typ": "at+jwt", **header}
        with pytest.raises(Refused):
            jwt.read(library.encode(claims(), other, algorithm="EdDSA", headers=headers))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_none_is_no_algorithm(algorithm: str) -> None:
    header = {"alg": algorithm, "kid": keys.signing().kid, "typ": "at+jwt"}
    for signature in ("", "x"):
        with pytest.raises(Refused):
            jwt.read(f"{part(header)}.{part(claims())}.{signature}")


@pytest.mark.parametrize("kind", ["EdDSA", "RS256", "ES256"])
def test_a_public_key_is_no_shared_secret(kind: str) -> None:
    """Algorithm confusion: HS256 with the published key as its secret."""
    row = keys.rotate(at_once=True, algorithm=kind)
    key = keys.signing()
    pem = key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{part({'alg': 'HS256', 'kid': row.kid, 'typ': 'at+jwt'})}.{part(claims())}"
    for secret in (pem, pem.strip(), json.dumps(row.public_jwk).encode()):
        mac = base64.urlsafe_b64encode(hmac.digest(secret, text.encode(), "sha256")).rstrip(b"=").decode()
        with pytest.raises(Refused):
            jwt.read(f"{text}.{mac}")


def test_a_key_signs_with_its_own_algorithm_only() -> None:
    keys.rotate(at_once=True, algorithm="RS256")
    key = keys.signing()
    headers = {"kid": key.kid, "typ": "at+jwt"}
    with pytest.raises(Refused):
        jwt.read(library.encode(claims(), key.private, algorithm="PS256", headers=headers))
    assert jwt.read(library.encode(claims(), key.private, algorithm="RS256", headers=headers))


@pytest.mark.parametrize("where", [0, 1, 2])
def test_a_changed_letter_is_noticed(where: int) -> None:
    parts = jwt.issue(subject=PERSON, sid=FAMILY).split(".")
    middle = len(parts[where]) // 2
    parts[where] = (
        parts[where][:middle] + ("A" if parts[where][middle] != "A" else "B") + parts[where][middle + 1 :]
    )
    with pytest.raises(Refused):
        jwt.read(".".join(parts))


@pytest.mark.parametrize(
    "junk", ["", ".", "..", "a.b.c", "é.é.é", "x" * 5000, "e30.e30.", "bnVsbA.bnVsbA.x", "[].{}.x"]
)
def test_junk_is_refused(junk: str) -> None:
    with pytest.raises(Refused):
        jwt.read(junk)


def test_a_key_of_the_same_kind_that_is_not_ours_is_refused() -> None:
    foreign = rsa.generate_private_key(65537, 2048)
    with pytest.raises(Refused):
        jwt.read(library.encode(claims(), foreign, algorithm="RS256", headers={"kid": "x", "typ": "at+jwt"}))


@pytest.mark.parametrize("algorithm", SigningKey.Algorithm.values)
def test_others_can_check_it_by_what_is_published(client: Client, algorithm: str) -> None:
    keys.rotate(at_once=True, algorithm=algorithm)
    answer = client.get("/.well-known/jwks.json")
    assert answer["Cache-Control"] == "public, max-age=60"
    token = jwt.issue(subject=PERSON, sid=FAMILY)
    kid = library.get_unverified_header(token)["kid"]
    key = library.PyJWKSet.from_dict(answer.json())[kid]
    said = library.decode(token, key, algorithms=[algorithm], audience=settings.TOKEN_AUDIENCE)
    assert said["sub"] == str(PERSON)


def test_nothing_private_is_published(client: Client) -> None:
    for algorithm in SigningKey.Algorithm.values:
        keys.rotate(algorithm=algorithm)
    found = client.get("/.well-known/jwks.json").json()["keys"]
    assert len(found) >= 3
    assert not any({"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys() for key in found)


def test_the_thumbprint_is_that_of_the_standard() -> None:
    """RFC 8037, appendix A.3."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint.of({**jwk, "alg": "EdDSA"}) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
