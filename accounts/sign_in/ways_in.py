"""How many ways a person has to sign in: the last one is never taken away.

Each app registers a function that counts its own; whoever removes one locks the person's row before asking.
"""

from collections.abc import Callable

from accounts.models import User

_kinds: dict[str, Callable[[User], int]] = {}


def register(name: str, count: Callable[[User], int]) -> None:
    _kinds[name] = count


def of(user: User) -> dict[str, int]:
    return {name: count(user) for name, count in _kinds.items()}


def total(user: User) -> int:
    return sum(of(user).values())


def passwords(user: User) -> int:
    return int(user.has_usable_password())
