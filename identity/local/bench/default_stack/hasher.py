from django.contrib.auth.hashers import Argon2PasswordHasher


class OneLaneHasher(Argon2PasswordHasher):
    """Django's own, at the cost that our settings have by default."""

    memory_cost = 47_104
    time_cost = 1
    parallelism = 1
