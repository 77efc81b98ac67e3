"""The ways to get a second factor that somebody is offered who has to have one; each kind of factor adds its own."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """`while_signing_in` is a page of the waiting sign-in, `signed_in` one of the account."""

    offer: Callable[[], str]
    hint: Callable[[], str]
    while_signing_in: str
    signed_in: str


_ways: list[Way] = []


def register(way: Way) -> None:
    _ways.append(way)


def ways() -> list[Way]:
    return list(_ways)
