"""Ways to show once more who one is, beside the password; each app adds its own."""

from collections.abc import Callable
from typing import Any

from accounts.api.caller import ApiRequest
from accounts.models import User
from core.api.problems import Invalid

# Takes what was sent, and answers the name of the method under which a session records it; or raises why not.
Show = Callable[[ApiRequest, User, dict[str, Any]], str]

_ways: dict[str, Show] = {}


def register(name: str, show: Show) -> None:
    _ways[name] = show


def names() -> list[str]:
    return ["password", *_ways]


def shown(request: ApiRequest, user: User, data: dict[str, Any]) -> str:
    way = _ways.get(data["method"])
    if way is None:
        raise Invalid.field("method", "invalid_choice", ", ".join(names()))
    return way(request, user, data)
