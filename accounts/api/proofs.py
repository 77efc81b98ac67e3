"""Ways to show once more who one is, beside the password; each app adds its own."""

from collections.abc import Callable, Sequence
from typing import Any

from accounts.api.caller import ApiRequest
from accounts.api.problems import WrongCredentials
from accounts.models import User
from accounts.sign_in.lockout import LockedOut
from core.api.problems import Invalid
from core.errors import Problem, TooMany

# Takes what was sent, and answers the name of the method under which a session records it; or raises why not.
Show = Callable[[ApiRequest, User, dict[str, Any]], str]

_ways: dict[str, Show] = {}
# Of all ways together.
refusals: list[type[Problem]] = [WrongCredentials, LockedOut, TooMany]


def register(name: str, show: Show, *, refuses: Sequence[type[Problem]]) -> None:
    _ways[name] = show
    refusals.extend(refuses)


def names() -> list[str]:
    return ["password", *_ways]


def shown(request: ApiRequest, user: User, data: dict[str, Any]) -> str:
    way = _ways.get(data["method"])
    if way is None:
        raise Invalid.field("method", "invalid_choice", ", ".join(names()))
    return way(request, user, data)
