"""Passkeys as the standard has them (WebAuthn Level 3): what a browser is asked, and whether its answer holds.

The only module that touches the library. It reads CBOR, keys and signatures; what it leaves open is checked here, and
whatever it stumbles over is a refusal. Nothing here knows a person or a table.

Refused              the answer does not hold, and why, for the log
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import idna
import webauthn
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_attestation_object,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import CredentialDeviceType

# Ed25519, ECDSA on P-256, RSA: what authenticators have, the best first.
ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
RSA_BITS = 2048
CREDENTIAL_ID_LIMIT = 1023
TRANSPORTS = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal")
# How long a browser lets somebody look for their device.
PATIENCE_MS = 300_000


class Refused(Exception):
    """`reason` is a few plain words for the log; people are told the same whatever it was."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Malformed(Exception):
    """No answer of a browser at all."""


@dataclass(frozen=True)
class Answer:
    """What a browser brings back: taken apart, and nothing of it believed yet."""

    credential: dict[str, Any]
    credential_id: bytes
    challenge: str
    user_handle: bytes | None
    transports: list[str]
    # What the browser says of itself, unsigned: a hint.
    is_discoverable: bool | None


@dataclass(frozen=True)
class NewPasskey:
    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True)
class Use:
    sign_count: int
    backup_eligible: bool
    backed_up: bool


def rp_id() -> str:
    host: str = settings.BASE_HOST
    return host if host.isascii() else idna.encode(host, uts46=True).decode()


def origin() -> str:
    """As browsers spell it: without the port that goes without saying."""
    parts = urlsplit(settings.BASE_URL)
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{rp_id()}" + (f":{parts.port}" if parts.port not in (None, usual) else "")


# --- What the browser is asked --------------------------------------------------------------------


def creation_options(
    *, challenge: str, handle: bytes, account: str, name: str, known: Iterable[tuple[bytes, list[str]]]
) -> dict[str, Any]:
    return {
        "rp": {"id": rp_id(), "name": settings.SITE_NAME},
        "user": {"id": encode(handle), "name": account, "displayName": name},
        "challenge": challenge,
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm.value} for algorithm in ALGORITHMS],
        "timeout": PATIENCE_MS,
        "excludeCredentials": _descriptors(known),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
        "extensions": {"credProps": True},
    }


def request_options(*, challenge: str, allowed: Iterable[tuple[bytes, list[str]]] = ()) -> dict[str, Any]:
    """With nothing allowed by name, the browser offers whatever passkeys it has for this site."""
    return {
        "rpId": rp_id(),
        "challenge": challenge,
        "timeout": PATIENCE_MS,
        "allowCredentials": _descriptors(allowed),
        "userVerification": "required",
    }


def _descriptors(credentials: Iterable[tuple[bytes, list[str]]]) -> list[dict[str, Any]]:
    return [
        {"type": "public-key", "id": encode(credential_id), "transports": transports}
        for credential_id, transports in credentials
    ]


# --- What it answers ------------------------------------------------------------------------------


def read(text: str) -> Answer:
    """Raises Malformed for what is no answer to either question."""
    try:
        credential = json.loads(text)
        response = credential["response"]
        client_data = json.loads(decode(response["clientDataJSON"]))
        handle = response.get("userHandle")
        answer = Answer(
            credential=credential,
            credential_id=decode(credential["rawId"]),
            challenge=client_data["challenge"],
            user_handle=decode(handle) if handle is not None else None,
            transports=_transports(response.get("transports")),
            is_discoverable=_is_discoverable(credential.get("clientExtensionResults")),
        )
        parts = ("signature", "authenticatorData") if "signature" in response else ("attestationObject",)
        complete = all(decode(response[part]) for part in parts)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Malformed from None
    if not complete or not isinstance(answer.challenge, str) or credential.get("type") != "public-key":
        raise Malformed
    return answer


def check_new(answer: Answer, *, challenge: str) -> NewPasskey:
    """Registration, § 7.1 of the standard. Raises Refused."""
    _check_client_data(answer, kind="webauthn.create", challenge=challenge)
    try:
        _check_attestation(answer)
        verified = webauthn.verify_registration_response(
            credential=answer.credential,
            expected_challenge=decode(challenge),
            expected_rp_id=rp_id(),
            expected_origin=origin(),
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
        _check_key(verified.credential_public_key)
    except Refused:
        raise
    except Exception as error:
        raise Refused(_reason(error)) from error
    if len(verified.credential_id) > CREDENTIAL_ID_LIMIT or verified.credential_id != answer.credential_id:
        raise Refused("credential id")
    return NewPasskey(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        aaguid=str(verified.aaguid),
        backup_eligible=verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        backed_up=verified.credential_backed_up,
    )


def check_use(answer: Answer, *, challenge: str, public_key: bytes) -> Use:
    """Signing in, § 7.2 of the standard, but for what only the table of passkeys knows. Raises Refused."""
    _check_client_data(answer, kind="webauthn.get", challenge=challenge)
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer.credential,
            expected_challenge=decode(challenge),
            expected_rp_id=rp_id(),
            expected_origin=origin(),
            credential_public_key=public_key,
            # The library would compare before it looks at the signature: anybody could then accuse a passkey.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:
        raise Refused(_reason(error)) from error
    return Use(
        sign_count=verified.new_sign_count,
        backup_eligible=verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        backed_up=verified.credential_backed_up,
    )


def _check_client_data(answer: Answer, *, kind: str, challenge: str) -> None:
    """Exactly, in the spelling of the standard; the library decodes and forgives, and knows no `topOrigin`."""
    said = json.loads(decode(answer.credential["response"]["clientDataJSON"]))
    if said.get("type") != kind:
        raise Refused("type")
    if said["challenge"] != challenge:
        raise Refused("challenge")
    if said.get("origin") != origin():
        raise Refused("origin")
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:
        raise Refused("cross origin")


def _check_attestation(answer: Answer) -> None:
    """We ask for none; a self-signed one is what some devices send all the same, and says no more."""
    found = parse_attestation_object(decode(answer.credential["response"]["attestationObject"]))
    if found.fmt not in ("none", "packed") or found.att_stmt.x5c is not None:
        raise Refused("attestation")


def _check_key(public_key: bytes) -> None:
    """One that could never sign anything, or nothing that is worth much, is not kept."""
    decoded = decode_credential_public_key(public_key)
    key = decoded_public_key_to_cryptography(decoded)
    if isinstance(key, EllipticCurvePublicKey) and not isinstance(key.curve, SECP256R1):
        raise Refused("key")
    if isinstance(key, RSAPublicKey) and key.key_size < RSA_BITS:
        raise Refused("key")


def _reason(error: Exception) -> str:
    """What the library says; of its own accord it quotes no more than flags, counts and origins."""
    return f"{type(error).__name__}: {error}"[:200]


def _transports(said: object) -> list[str]:
    return [transport for transport in TRANSPORTS if isinstance(said, list) and transport in said]


def _is_discoverable(extensions: object) -> bool | None:
    properties = extensions.get("credProps") if isinstance(extensions, dict) else None
    said = properties.get("rk") if isinstance(properties, dict) else None
    return said if isinstance(said, bool) else None


# --- base64url, without padding -------------------------------------------------------------------


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Raises ValueError for any other spelling than ours, so that one value has one."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if encode(raw) != text:
        raise ValueError("not base64url")
    return raw
