"""People who chose to do without a password, and where they go instead; the app of what they use registers itself."""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import User


@dataclass(frozen=True)
class Arrangement:
    """`recover` is the page that takes the link of a mail, `set_one` where they get a password again."""

    is_that_of: Callable[[User], bool]
    recover: str
    set_one: str


_arrangements: list[Arrangement] = []


def register(arrangement: Arrangement) -> None:
    _arrangements.append(arrangement)


def of(user: User) -> Arrangement | None:
    if user.has_usable_password():
        return None
    return next((each for each in _arrangements if each.is_that_of(user)), None)
