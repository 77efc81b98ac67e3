"""Password hashes that other systems made, as the password column keeps them until their person signs in again.

The column says `imported$<scheme>$<cost>$<salt>$<key>`, salt and key in base64; accounts.passwords.exports writes it.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Self

import bcrypt
from django.contrib.auth.hashers import BasePasswordHasher

from accounts.passwords import gate

# Whoever prepares an import must not get more than about a second of a core out of each attempt to sign in.
ITERATIONS_LIMIT = 2_000_000
BCRYPT_COST_LIMIT = 14
# N·r·p; a table of N·r takes 128 bytes for each, which is 128 MiB at most.
SCRYPT_WORK_LIMIT = 2**20
# Of salt and key; with these the text fits the column.
LEAST_KEY_BYTES, MOST_BYTES = 16, 64
# What every bcrypt reads of a password; newer libraries refuse more instead of ignoring it.
BCRYPT_READS = 72


@dataclass(frozen=True)
class ForeignHash:
    scheme: str
    cost: tuple[int, ...]
    salt: bytes
    key: bytes

    @classmethod
    def stored(cls, text: str) -> Self | None:
        """None for whatever cannot have come from an import."""
        try:
            scheme, cost, salt, key = text.split("$")
            numbers = tuple(int(number) for number in cost.split(","))
            found = cls(scheme, numbers, _unbase64(salt), _unbase64(key))
        except ValueError:
            return None
        return found if found.is_acceptable() else None

    def __str__(self) -> str:
        cost = ",".join(str(number) for number in self.cost)
        return f"{self.scheme}${cost}${_base64(self.salt)}${_base64(self.key)}"

    def is_acceptable(self) -> bool:
        scheme = SCHEMES.get(self.scheme)
        sizes_fit = len(self.salt) <= MOST_BYTES and LEAST_KEY_BYTES <= len(self.key) <= MOST_BYTES
        return scheme is not None and sizes_fit and scheme.bears(self.cost)

    def fits(self, password: str) -> bool:
        """The very bytes that were typed: other systems did not compose characters before they hashed."""
        with gate.turn():
            return secrets.compare_digest(SCHEMES[self.scheme].derive(self, password.encode()), self.key)


class Scheme(NamedTuple):
    bears: Callable[[tuple[int, ...]], bool]
    derive: Callable[[ForeignHash, bytes], bytes]


class ImportedHasher(BasePasswordHasher):
    """Verifies only. Not being the first of PASSWORD_HASHERS is what makes Django hash anew at sign-in."""

    algorithm = "imported"

    def verify(self, password: str, encoded: str) -> bool:
        found = ForeignHash.stored(encoded.removeprefix(f"{self.algorithm}$"))
        return found is not None and found.fits(password)


def _pbkdf2(digest: str) -> Scheme:
    def derive(hash_: ForeignHash, secret: bytes) -> bytes:
        return hashlib.pbkdf2_hmac(digest, secret, hash_.salt, hash_.cost[0], len(hash_.key))

    return Scheme(lambda cost: len(cost) == 1 and 1 <= cost[0] <= ITERATIONS_LIMIT, derive)


def _bears_scrypt(cost: tuple[int, ...]) -> bool:
    if len(cost) != 3 or min(cost) < 1:
        return False
    n, r, p = cost
    is_power_of_two = n > 1 and n & (n - 1) == 0
    return is_power_of_two and n * r * p <= SCRYPT_WORK_LIMIT


def _scrypt(hash_: ForeignHash, secret: bytes) -> bytes:
    n, r, p = hash_.cost
    # OpenSSL counts a little more than the table itself.
    memory = 2 * 128 * SCRYPT_WORK_LIMIT
    return hashlib.scrypt(secret, salt=hash_.salt, n=n, r=r, p=p, maxmem=memory, dklen=len(hash_.key))


def _bears_bcrypt(cost: tuple[int, ...]) -> bool:
    return len(cost) == 1 and 4 <= cost[0] <= BCRYPT_COST_LIMIT


def _bcrypt(hash_: ForeignHash, secret: bytes) -> bytes:
    """Salt and key are bcrypt's own text: its first 29 characters, and all of it."""
    try:
        return bcrypt.hashpw(secret[:BCRYPT_READS], hash_.salt)
    except ValueError:
        # A text that only looks like one of bcrypt's.
        return b""


def _bcrypt_of_sha256(hash_: ForeignHash, secret: bytes) -> bytes:
    return _bcrypt(hash_, hashlib.sha256(secret).hexdigest().encode())


SCHEMES = {
    "pbkdf2-sha1": _pbkdf2("sha1"),
    "pbkdf2-sha256": _pbkdf2("sha256"),
    "pbkdf2-sha512": _pbkdf2("sha512"),
    "scrypt": Scheme(_bears_scrypt, _scrypt),
    "bcrypt": Scheme(_bears_bcrypt, _bcrypt),
    "bcrypt-of-sha256": Scheme(_bears_bcrypt, _bcrypt_of_sha256),
}


def _base64(plain: bytes) -> str:
    return base64.b64encode(plain).decode()


def _unbase64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
