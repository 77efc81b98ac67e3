"""An authenticator in software: it makes passkeys and signs with them, and can be told to get any one thing wrong."""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from django.conf import settings

from mfa.webauthn import decode, encode

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
ORIGIN = settings.BASE_URL
RP_ID = "localhost"
ES256, EDDSA, RS256 = -7, -8, -257


def client_data(kind: str, challenge: str, other: dict[str, Any]) -> bytes:
    """`...` leaves something out."""
    said = {"type": kind, "challenge": challenge, "origin": ORIGIN, "crossOrigin": False, **other}
    return json.dumps({name: value for name, value in said.items() if value is not ...}).encode()


def authenticator_data(flags: int, count: int, attested: bytes = b"", rp_id: str = RP_ID) -> bytes:
    return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, count) + attested


@dataclass
class Device:
    """One credential. What a test wants wrong, it passes to `make` or `sign`, or sets here."""

    algorithm: int = ES256
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    aaguid: bytes = bytes(16)
    handle: bytes = b""
    count: int = 0
    counts: bool = True
    backup: int = BE | BS
    key: Any = None

    def __post_init__(self) -> None:
        match self.algorithm:
            case -8:
                self.key = self.key or ed25519.Ed25519PrivateKey.generate()
            case -257:
                self.key = self.key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
            case _:
                self.key = self.key or ec.generate_private_key(ec.SECP256R1())

    def cose(self, **other: Any) -> bytes:
        public = self.key.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            said = {1: 1, 3: EDDSA, -1: 6, -2: public.public_bytes_raw()}
        elif isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            size = (numbers.n.bit_length() + 7) // 8
            said = {1: 3, 3: RS256, -1: numbers.n.to_bytes(size, "big"), -2: numbers.e.to_bytes(3, "big")}
        else:
            numbers = public.public_numbers()
            size, curve = (public.curve.key_size + 7) // 8, {256: 1, 384: 2}[public.curve.key_size]
            point = {-2: numbers.x.to_bytes(size, "big"), -3: numbers.y.to_bytes(size, "big")}
            said = {1: 2, 3: ES256, -1: curve, **point}
        return cbor2.dumps({**said, **other.get("key", {})})

    def make(self, question: dict[str, Any], **wrong: Any) -> dict[str, Any]:
        """Answers navigator.credentials.create()."""
        self.handle = decode(question["user"]["id"])
        flags = wrong.get("flags", UP | UV | self.backup | AT)
        raw_id = self.credential_id
        key = self.cose(key=wrong.get("key", {}))
        attested = self.aaguid + struct.pack(">H", len(raw_id)) + raw_id + key
        data = authenticator_data(
            flags, self.count, attested if flags & AT else b"", wrong.get("rp_id", RP_ID)
        )
        attestation = {"fmt": "none", "attStmt": {}, "authData": data, **wrong.get("attestation", {})}
        said = client_data("webauthn.create", question["challenge"], wrong.get("said", {}))
        response = {
            "clientDataJSON": encode(said),
            "attestationObject": encode(cbor2.dumps(attestation)),
            "transports": wrong.get("transports", ["internal"]),
        }
        return self._credential(response, {"credProps": {"rk": wrong.get("rk", True)}})

    def sign(self, question: dict[str, Any], **wrong: Any) -> dict[str, Any]:
        """Answers navigator.credentials.get()."""
        self.count += self.counts
        data = authenticator_data(
            wrong.get("flags", UP | UV | self.backup),
            wrong.get("count", self.count),
            rp_id=wrong.get("rp_id", RP_ID),
        )
        said = client_data("webauthn.get", question["challenge"], wrong.get("said", {}))
        signature = wrong.get("signature", self._signature(data + hashlib.sha256(said).digest()))
        handle = wrong.get("handle", self.handle)
        response = {
            "clientDataJSON": encode(said),
            "authenticatorData": encode(data),
            "signature": encode(signature),
            **({"userHandle": encode(handle)} if handle is not None else {}),
        }
        return self._credential(response, {})

    def _credential(self, response: dict[str, Any], extensions: dict[str, Any]) -> dict[str, Any]:
        name = encode(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": extensions,
        }

    def _signature(self, message: bytes) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(message)
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))
