"""The hash that every new password gets: Argon2id in its standard text form, with the cost of our settings.

libsodium computes it in two thirds of the time that the reference implementation takes, which does the rest: several
lanes, salts of another length, or a machine without libsodium. Both let other threads run meanwhile.
"""

import base64
import binascii
import re
import secrets
import unicodedata
from dataclasses import dataclass, replace
from typing import Self

from argon2.exceptions import HashingError
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw
from django.conf import settings
from django.contrib.auth.hashers import BasePasswordHasher

from accounts.passwords import gate

try:
    from nacl import bindings as sodium
except ImportError:
    sodium = None  # type: ignore[assignment]

TEXT = re.compile(
    r"\$(argon2id|argon2i|argon2d)\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,8})"
    r"\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,172})"
)
TYPES = {"argon2id": Type.ID, "argon2i": Type.I, "argon2d": Type.D}
SALT_BYTES, KEY_BYTES = 16, 32
LEAST_MEMORY_KIB = 8


@dataclass(frozen=True)
class Argon2Hash:
    variety: str
    memory_kib: int
    rounds: int
    lanes: int
    salt: bytes
    key: bytes

    @classmethod
    def parsed(cls, text: str) -> Self | None:
        """None for whatever is no Argon2 hash of the one version in use."""
        match = TEXT.fullmatch(text)
        if match is None:
            return None
        try:
            salt, key = _unbase64(match[5]), _unbase64(match[6])
        except binascii.Error:
            return None
        memory_kib, rounds, lanes = int(match[2]), int(match[3]), int(match[4])
        possible = rounds >= 1 and lanes >= 1 and memory_kib >= LEAST_MEMORY_KIB * lanes
        return cls(match[1], memory_kib, rounds, lanes, salt, key) if possible else None

    @classmethod
    def of_settings(cls, salt: bytes) -> Self:
        """Still without a key: what a new password has to be hashed with."""
        memory_kib, rounds = settings.PASSWORD_HASH_MEMORY_KIB, settings.PASSWORD_HASH_ROUNDS
        return cls("argon2id", memory_kib, rounds, 1, salt, bytes(KEY_BYTES))

    def __str__(self) -> str:
        cost = f"m={self.memory_kib},t={self.rounds},p={self.lanes}"
        return f"${self.variety}$v={ARGON2_VERSION}${cost}${_base64(self.salt)}${_base64(self.key)}"

    @property
    def work(self) -> int:
        """KiB passed over: what the time of a hash grows with."""
        return self.memory_kib * self.rounds

    def costs_like(self, other: "Argon2Hash") -> bool:
        def form(hash_: Argon2Hash) -> tuple[object, ...]:
            sizes = len(hash_.salt), len(hash_.key)
            return hash_.variety, hash_.memory_kib, hash_.rounds, hash_.lanes, *sizes

        return form(self) == form(other)

    def with_key_of(self, password: str) -> Self:
        """Composed characters (NFC), because keyboards differ in how they send the same letter."""
        secret = unicodedata.normalize("NFC", password).encode()
        with gate.turn():
            return replace(self, key=self._derive(secret))

    def fits(self, password: str) -> bool:
        return secrets.compare_digest(self.with_key_of(password).key, self.key)

    def _derive(self, secret: bytes) -> bytes:
        try:
            if self._suits_sodium():
                return sodium.crypto_pwhash_alg(
                    len(self.key),
                    secret,
                    self.salt,
                    self.rounds,
                    self.memory_kib * 1024,
                    sodium.crypto_pwhash_ALG_ARGON2ID13,
                )
            return hash_secret_raw(
                secret,
                self.salt,
                time_cost=self.rounds,
                memory_cost=self.memory_kib,
                parallelism=self.lanes,
                hash_len=len(self.key),
                type=TYPES[self.variety],
            )
        except (HashingError, RuntimeError) as error:
            # Both have one reason left: no memory.
            raise gate.TooManyHashes from error

    def _suits_sodium(self) -> bool:
        return (
            sodium is not None
            and self.variety == "argon2id"
            and self.lanes == 1
            and len(self.salt) == sodium.crypto_pwhash_SALTBYTES
            and len(self.key) >= sodium.crypto_pwhash_BYTES_MIN
            and self.memory_kib * 1024 <= sodium.crypto_pwhash_argon2id_MEMLIMIT_MAX
        )


class Argon2idHasher(BasePasswordHasher):
    """What Django asks. It hashes anew at sign-in when the cost in the settings has changed since."""

    algorithm = "argon2"

    def salt(self) -> str:
        return _base64(secrets.token_bytes(SALT_BYTES))

    def encode(self, password: str, salt: str) -> str:
        return f"{self.algorithm}{Argon2Hash.of_settings(_unbase64(salt)).with_key_of(password)}"

    def verify(self, password: str, encoded: str) -> bool:
        found = self._parsed(encoded)
        return found is not None and found.fits(password)

    def must_update(self, encoded: str) -> bool:
        found = self._parsed(encoded)
        return found is None or not found.costs_like(Argon2Hash.of_settings(bytes(SALT_BYTES)))

    def harden_runtime(self, password: str, encoded: str) -> None:
        """A wrong password takes the present time, also where the stored hash is cheaper or cannot be read."""
        present, found = Argon2Hash.of_settings(bytes(SALT_BYTES)), self._parsed(encoded)
        missing_kib = (present.work - (found.work if found else 0)) // present.rounds
        if missing_kib >= LEAST_MEMORY_KIB:
            replace(present, memory_kib=missing_kib).with_key_of(password)

    def _parsed(self, encoded: str) -> Argon2Hash | None:
        return Argon2Hash.parsed(encoded.removeprefix(self.algorithm))


def _base64(plain: bytes) -> str:
    return base64.b64encode(plain).decode().rstrip("=")


def _unbase64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
