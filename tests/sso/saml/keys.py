"""Key pairs and certificates of identity providers and of the site, new in every run of the tests."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Key:
    private: Any
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        """The private key."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def certificate_pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def certificate_base64(self) -> str:
        """One line, as in metadata and KeyInfo."""
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()


@cache
def rsa_key(name: str, bits: int = 2048) -> Key:
    return _certified(rsa.generate_private_key(65537, bits), name)


@cache
def ec_key(name: str) -> Key:
    return _certified(ec.generate_private_key(ec.SECP256R1()), name)


@cache
def expired(name: str) -> Key:
    """The key of that name, in a certificate that ended yesterday."""
    return _certified(rsa_key(name).private, name, end=timedelta(days=-1))


def _certified(private: Any, name: str, end: timedelta = timedelta(days=365)) -> Key:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + end)
    )
    return Key(private, builder.sign(private, hashes.SHA256()))
