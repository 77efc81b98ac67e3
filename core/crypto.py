"""Encryption at rest with a rotating key ring, and keyed digests derived from the same ring.

The first key of `FIELD_ENCRYPTION_KEYS` encrypts; all of them decrypt. A ciphertext names its key, so a key may
be retired once `manage.py rotate_keys` has re-encrypted what it protects.
"""

import base64
import functools
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = b"\x01"
KEY_ID_BYTES = 4
NONCE_BYTES = 12
KEY_BYTES = 32


class DecryptionError(Exception):
    """The ciphertext was altered, belongs to another context, or its key is no longer in the ring."""


def encrypt(plain: bytes, *, context: str) -> bytes:
    """Seals `plain`; `context` (say "table.column") must be repeated to open it, so values cannot be swapped."""
    return current_prefix() + encrypt_with(_primary()[1], plain, context=context)


def decrypt(sealed: bytes, *, context: str) -> bytes:
    key = _ring().get(key_id_of(sealed))
    if sealed[:1] != VERSION or key is None:
        raise DecryptionError("no key in FIELD_ENCRYPTION_KEYS opens this value")
    return decrypt_with(key, sealed[1 + KEY_ID_BYTES :], context=context)


def is_current(sealed: bytes) -> bool:
    """Whether the newest key sealed this value; otherwise it waits for rotation."""
    return sealed.startswith(current_prefix())


def current_prefix() -> bytes:
    """What every value begins with that the newest key sealed."""
    return VERSION + primary_key_id()


def key_id_of(sealed: bytes) -> bytes:
    return sealed[1 : 1 + KEY_ID_BYTES]


def primary_key_id() -> bytes:
    return _primary()[0]


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def encrypt_with(key: bytes, plain: bytes, *, context: str) -> bytes:
    """The same sealing under a key that the caller keeps, such as one person's own."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def decrypt_with(key: bytes, sealed: bytes, *, context: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError) as error:
        raise DecryptionError("the value was altered or belongs elsewhere") from error


def mac(data: bytes, *, purpose: str, key_id: bytes | None = None) -> bytes:
    """HMAC-SHA256 under a key of its own per purpose: whoever reads only the database cannot compute it."""
    ring = _ring()
    key = ring.get(key_id) if key_id is not None else _primary()[1]
    if key is None:
        raise DecryptionError("the key of this digest is no longer in FIELD_ENCRYPTION_KEYS")
    derived = hmac.digest(key, b"mac:" + purpose.encode(), hashlib.sha256)
    return hmac.digest(derived, data, hashlib.sha256)


def _primary() -> tuple[bytes, bytes]:
    return next(iter(_ring().items()))


def _ring() -> dict[bytes, bytes]:
    return _parsed_ring(tuple(settings.FIELD_ENCRYPTION_KEYS))


@functools.cache
def _parsed_ring(encoded: tuple[str, ...]) -> dict[bytes, bytes]:
    keys = [base64.b64decode(key) for key in encoded]
    return {hashlib.sha256(key).digest()[:KEY_ID_BYTES]: key for key in keys}
