"""The one module that touches python3-saml. It decrypts, finds the signed elements and verifies their signatures.

What it would check besides, it checks too leniently to build on (docs/decisions/0012-saml-checks.md): its strict mode
stays off, and gate.py before it and assertions.py after it do that work.
"""

from functools import cache
from pathlib import Path
from threading import local
from typing import Any

import xmlsec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree
from onelogin.saml2 import settings as library_settings
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from sso.models import Connection
from sso.saml.errors import Reason, Unreadable, Untrusted

# Whatever it and what lies below it raise at a message.
FAILURES = (
    OneLogin_Saml2_Error,
    OneLogin_Saml2_ValidationError,
    xmlsec.Error,
    etree.LxmlError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
)
_kept = local()


def settings_for(
    connection: Connection, *, certificates: list[str], private_key: str = "", certificate: str = ""
) -> OneLogin_Saml2_Settings:
    """Built for each message: it costs less than keeping it right would."""
    return OneLogin_Saml2_Settings(
        {
            "strict": False,
            "sp": {
                "entityId": connection.entity_id,
                "assertionConsumerService": {"url": connection.acs_url},
                "privateKey": private_key,
                "x509cert": certificate,
            },
            "idp": {
                "entityId": connection.idp_entity_id,
                "singleSignOnService": {"url": connection.sso_url},
                "x509certMulti": {"signing": certificates},
            },
            "security": {"allowSingleLabelDomains": True},
        },
        sp_validation_only=True,
    )


def opened(settings: OneLogin_Saml2_Settings, message: str) -> OneLogin_Saml2_Response:
    """Parsed, and decrypted where it is encrypted; whatever goes wrong in that looks the same."""
    try:
        return OneLogin_Saml2_Response(settings, message)
    except FAILURES as error:
        raise Unreadable(Reason.ENCRYPTION) from error


def verify(response: OneLogin_Saml2_Response) -> None:
    """Signatures cover the assertion, and hold."""
    try:
        response.is_valid({}, raise_exceptions=True)
    except OneLogin_Saml2_ValidationError as error:
        unsigned = error.code == OneLogin_Saml2_ValidationError.NO_SIGNATURE_FOUND
        raise Untrusted(Reason.UNSIGNED if unsigned else Reason.SIGNATURE) from error
    except FAILURES as error:
        raise Untrusted(Reason.SIGNATURE) from error


def check_schema(root: Any) -> None:
    if not _schema().validate(root.getroottree()):
        raise Unreadable(Reason.SCHEMA)


def verify_query(*, signed: bytes, signature: bytes, algorithm: str, certificates: list[str]) -> bool:
    """Of the redirect binding: over the octets of the query as they came."""
    return any(_verifies(signed, signature, algorithm, certificate) for certificate in certificates)


def verify_message(root: Any, *, certificates: list[str], xpath: str) -> bool:
    """Of a message in a form: the signature at this place in it."""
    return bool(
        OneLogin_Saml2_Utils.validate_sign(root, xpath=xpath, multicerts=certificates, raise_exceptions=False)
    )


def sign_query(text: str, private_key: str) -> str:
    signature = OneLogin_Saml2_Utils.sign_binary(text, private_key, xmlsec.Transform.RSA_SHA256)
    return str(OneLogin_Saml2_Utils.b64encode(signature))


def sign_message(content: bytes, *, private_key: str, certificate: str) -> bytes:
    signed = OneLogin_Saml2_Utils.add_sign(content, private_key, certificate)
    return signed if isinstance(signed, bytes) else str(signed).encode()


def _verifies(signed: bytes, signature: bytes, algorithm: str, certificate: str) -> bool:
    if algorithm in _PSS:
        return _verifies_pss(signed, signature, _PSS[algorithm], certificate)
    context = xmlsec.SignatureContext()
    transform = _QUERY_TRANSFORMS.get(algorithm)
    if transform is None:
        return False
    try:
        context.key = xmlsec.Key.from_memory(certificate, xmlsec.KeyFormat.CERT_PEM, None)
        context.verify_binary(signed, transform, signature)
    except xmlsec.Error:
        return False
    return True


def _verifies_pss(signed: bytes, signature: bytes, digest: hashes.HashAlgorithm, certificate: str) -> bool:
    """xmlsec knows these in documents alone. The salt is as long as the digest (RFC 6931, 2.3.10)."""
    key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, signed, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    except InvalidSignature:
        return False
    return True


def _schema() -> etree.XMLSchema:
    """Compiled once for each thread: compiling costs more than everything else that is done to a message."""
    if not hasattr(_kept, "schema"):
        _kept.schema = etree.XMLSchema(etree.parse(str(_schema_file())))
    schema: etree.XMLSchema = _kept.schema
    return schema


@cache
def _schema_file() -> Path:
    return Path(library_settings.__file__).parent / "schemas" / "saml-schema-protocol-2.0.xsd"


_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"
_PSS: dict[str, hashes.HashAlgorithm] = {
    f"{_MORE_2007}sha256-rsa-MGF1": hashes.SHA256(),
    f"{_MORE_2007}sha384-rsa-MGF1": hashes.SHA384(),
    f"{_MORE_2007}sha512-rsa-MGF1": hashes.SHA512(),
}
_QUERY_TRANSFORMS = {
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1": xmlsec.Transform.RSA_SHA1,
    f"{_MORE}rsa-sha256": xmlsec.Transform.RSA_SHA256,
    f"{_MORE}rsa-sha384": xmlsec.Transform.RSA_SHA384,
    f"{_MORE}rsa-sha512": xmlsec.Transform.RSA_SHA512,
    f"{_MORE}ecdsa-sha256": xmlsec.Transform.ECDSA_SHA256,
    f"{_MORE}ecdsa-sha384": xmlsec.Transform.ECDSA_SHA384,
    f"{_MORE}ecdsa-sha512": xmlsec.Transform.ECDSA_SHA512,
}
