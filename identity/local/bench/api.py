"""The API's rows: ours, and the same job by the default stack; and what ours may cost at most."""

from collections.abc import Callable
from itertools import count
from queue import SimpleQueue
from typing import NamedTuple

from identity.local.bench import people
from identity.local.bench.report import ARGON2, Comparison
from identity.local.bench.rows import EMPTY_VIEW, Row
from identity.local.bench.sites import DEFAULT_STACK, EMPTY, LEAN_STACK, OURS, Site
from identity.local.bench.visitor import Visitor

_numbers = count()


class Api(NamedTuple):
    """Where it is, and how it names the two tokens it hands out."""

    login: str
    refresh: str
    me: str
    access_token: str
    refresh_token: str


OUR_API = Api("/api/auth/login", "/api/auth/refresh", "/api/auth/me", "access_token", "refresh_token")
DEFAULT_API = Api("/api/auth/login/", "/api/auth/token/refresh/", "/api/auth/user/", "access", "refresh")


class Program:
    """What some people use to sign in, each from elsewhere. They take turns, as the limits are per person."""

    def __init__(self, api: Api, address: Callable[[int], str] = people.address) -> None:
        self._api = api
        self._address = address
        # Each is in one pair of hands at a time: a refresh token that two use at once ends the sign-in.
        self._tokens: SimpleQueue[dict[str, str]] = SimpleQueue()

    def arrive(self, visitor: Visitor) -> None:
        if self._tokens.empty():
            for number in range(people.NUMBER):
                self._tokens.put(self._sign_in(visitor, number))

    def login(self, visitor: Visitor) -> None:
        self._sign_in(visitor, next(_numbers))

    def me(self, visitor: Visitor) -> None:
        """From the same place again and again: somebody's program does not move between two questions."""
        tokens = self._tokens.get()
        visitor.get(self._api.me, bearer=tokens[self._api.access_token])
        self._tokens.put(tokens)

    def refresh(self, visitor: Visitor) -> None:
        """With the token that this person's refresh before gave."""
        tokens, name = self._tokens.get(), self._api.refresh_token
        visitor.forget()
        self._tokens.put(visitor.post_json(self._api.refresh, {name: tokens[name]}))

    def _sign_in(self, visitor: Visitor, number: int) -> dict[str, str]:
        visitor.forget()
        credentials = {"email": self._address(number), "password": people.PASSWORD}
        tokens: dict[str, str] = visitor.post_json(self._api.login, credentials)
        return tokens


def rows(title: str, site: Site, api: Api, address: Callable[[int], str] = people.address) -> list[Row]:
    program = Program(api, address)
    return [
        Row(f"{title}: me", program.me, program.arrive, site),
        Row(f"{title}: refresh", program.refresh, site=site),
        Row(f"{title}: login", program.login, site=site),
    ]


NO_MIDDLEWARE = "empty view, no middleware"
ROWS = [
    Row(NO_MIDDLEWARE, lambda visitor: visitor.get("/"), site=EMPTY),
    *rows("API", OURS, OUR_API),
    *rows("default stack", DEFAULT_STACK, DEFAULT_API),
    *rows("lean stack", LEAN_STACK, DEFAULT_API),
]
COMPARISONS = [
    Comparison("API: me", "default stack: me", 1 / 5),
    Comparison("API: me", NO_MIDDLEWARE, 6),
    Comparison("API: me", EMPTY_VIEW),
    Comparison("API: refresh", "default stack: refresh", 1 / 5),
    # For whoever asks what hangs on the choice of what to measure beside: docs/decisions/0016-measured-beside.md.
    Comparison("API: me", "lean stack: me"),
    Comparison("API: refresh", "lean stack: refresh"),
    Comparison("API: login", "default stack: login"),
    Comparison("API: login", ARGON2, 1.2),
]
