from argon2 import Parameters, Type
from argon2.low_level import ARGON2_VERSION
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id with our own cost. Django re-hashes at sign-in when the cost has changed since."""

    parallelism = 1

    @property
    def memory_cost(self) -> int:  # type: ignore[override]
        return settings.PASSWORD_HASH_MEMORY_KIB

    @property
    def time_cost(self) -> int:  # type: ignore[override]
        return settings.PASSWORD_HASH_ROUNDS

    def params(self) -> Parameters:
        return Parameters(
            type=Type.ID,
            version=ARGON2_VERSION,
            salt_len=16,
            hash_len=32,
            time_cost=self.time_cost,
            memory_cost=self.memory_cost,
            parallelism=self.parallelism,
        )
