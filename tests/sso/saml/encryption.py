"""XML encryption made by hand, right or wrong."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from tests.sso.saml import names
from tests.sso.saml.keys import Key
from tests.sso.saml.names import DS, SAML, XENC, XENC11

KEY_SIZES = {
    names.AES128_CBC: 16,
    names.AES256_CBC: 32,
    names.AES128_GCM: 16,
    names.AES256_GCM: 32,
    names.DES3_CBC: 24,
}
# The digest and mask that each way of writing OAEP stands for.
SHA1, SHA256 = (getattr(hashes, name)() for name in ("SHA1", "SHA256"))
OAEP_METHODS = {
    "plain": (SHA1, SHA1, f'<xenc:EncryptionMethod Algorithm="{names.OAEP}"/>'),
    "sha1": (
        SHA1,
        SHA1,
        f'<xenc:EncryptionMethod Algorithm="{names.OAEP}"><ds:DigestMethod Algorithm="{names.SHA1}"/>'
        "</xenc:EncryptionMethod>",
    ),
    "sha256": (
        SHA256,
        SHA1,
        f'<xenc:EncryptionMethod Algorithm="{names.OAEP}"><ds:DigestMethod Algorithm="{names.SHA256}"/>'
        "</xenc:EncryptionMethod>",
    ),
    "xmlenc11": (
        SHA256,
        SHA256,
        f'<xenc:EncryptionMethod Algorithm="{names.OAEP_11}"><ds:DigestMethod Algorithm="{names.SHA256}"/>'
        f'<x11:MGF xmlns:x11="{XENC11}" Algorithm="{XENC11}mgf1sha256"/></xenc:EncryptionMethod>',
    ),
}


def same(octets: bytes) -> bytes:
    return octets


def padded(octets: bytes, size: int) -> bytes:
    """XML Encryption 1.1, section 5.2: the last octet counts, the others are arbitrary."""
    missing = size - len(octets) % size
    return octets + secrets.token_bytes(missing - 1) + bytes([missing])


@dataclass(frozen=True, kw_only=True)
class Encryption:
    """How an assertion is encrypted."""

    to: Key
    data: str = names.AES256_GCM
    # One of OAEP_METHODS, or "rsa15".
    transport: str = "sha1"
    # The EncryptedKey "inside" of KeyInfo, or a "sibling" that RetrievalMethod names, or a sibling "unnamed".
    layout: str = "inside"
    # Others who could read it as well: their keys come first.
    others: tuple[Key, ...] = ()
    # The octets that are encrypted, and what is done to what comes out.
    plain: Callable[[bytes], bytes] = same
    spoil_data: Callable[[bytes], bytes] = same
    spoil_key: Callable[[bytes], bytes] = same
    pad: Callable[[bytes, int], bytes] = padded
    # In place of the content of the outer KeyInfo and of the data's CipherData.
    key_info: str | None = None
    cipher: str | None = None


def encrypt(element: Any, encryption: Encryption) -> Any:
    """Puts an EncryptedAssertion in the element's place."""
    return replace_with(element, encrypted(etree.tostring(element, with_tail=False), encryption))


def replace_with(element: Any, xml: str) -> Any:
    result = etree.fromstring(xml)
    result.tail = element.tail
    element.getparent().replace(element, result)
    return result


def encrypted(octets: bytes, encryption: Encryption, wrapper: str = "EncryptedAssertion") -> str:
    secret = secrets.token_bytes(KEY_SIZES[encryption.data])
    data = encryption.spoil_data(_data(encryption.plain(octets), secret, encryption))
    keys = "".join(_key(secret, to, encryption) for to in (*encryption.others, encryption.to))
    inside, beside = {
        "inside": (keys, ""),
        "sibling": (f'<ds:RetrievalMethod Type="{names.ENCRYPTED_KEY}" URI="#_key"/>', keys),
        "unnamed": ("", keys),
    }[encryption.layout]
    if encryption.key_info is not None:
        inside = encryption.key_info
    info = f"<ds:KeyInfo>{inside}</ds:KeyInfo>" if inside else ""
    cipher = encryption.cipher if encryption.cipher is not None else _value(data)
    return (
        f'<saml:{wrapper} xmlns:saml="{SAML}" xmlns:xenc="{XENC}" xmlns:ds="{DS}">'
        f'<xenc:EncryptedData Type="{names.ENCRYPTED_ELEMENT}">'
        f'<xenc:EncryptionMethod Algorithm="{encryption.data}"/>{info}'
        f"<xenc:CipherData>{cipher}</xenc:CipherData></xenc:EncryptedData>{beside}</saml:{wrapper}>"
    )


def _key(secret: bytes, to: Key, encryption: Encryption) -> str:
    if encryption.transport == "rsa15":
        method = f'<xenc:EncryptionMethod Algorithm="{names.RSA_15}"/>'
        scheme: Any = padding.PKCS1v15()
    else:
        digest, mask, method = OAEP_METHODS[encryption.transport]
        scheme = padding.OAEP(padding.MGF1(mask), digest, None)
    octets = encryption.spoil_key(to.private.public_key().encrypt(secret, scheme))
    identifier = ' Id="_key"' if encryption.layout == "sibling" and to is encryption.to else ""
    return (
        f"<xenc:EncryptedKey{identifier}>{method}<xenc:CipherData>{_value(octets)}</xenc:CipherData>"
        "</xenc:EncryptedKey>"
    )


def _value(octets: bytes) -> str:
    return f"<xenc:CipherValue>{base64.b64encode(octets).decode()}</xenc:CipherValue>"


def _data(octets: bytes, secret: bytes, encryption: Encryption) -> bytes:
    if encryption.data.endswith("gcm"):
        nonce = secrets.token_bytes(12)
        return nonce + AESGCM(secret).encrypt(nonce, octets, None)
    cipher: Any = TripleDES(secret) if encryption.data == names.DES3_CBC else algorithms.AES(secret)
    size = cipher.block_size // 8
    start = secrets.token_bytes(size)
    writer = Cipher(cipher, modes.CBC(start)).encryptor()
    return start + writer.update(encryption.pad(octets, size)) + writer.finalize()
