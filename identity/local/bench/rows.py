"""What is measured. A row is a name and one visit; add a row by adding a line to ROWS."""

import re
from collections.abc import Callable
from itertools import count
from typing import NamedTuple

from identity.local.bench import people
from identity.local.bench.sites import OURS, STOCK_PAGES, Site
from identity.local.bench.visitor import Visitor

_numbers = count()

SIGN_IN = "/account/login/"
SIGN_UP = "/account/signup/"
HOME = "/account/"


class Row(NamedTuple):
    name: str
    visit: Callable[[Visitor], object]
    # Done once before the row is measured, so that its cost is not counted.
    arrive: Callable[[Visitor], object] = lambda visitor: None
    site: Site = OURS


def sign_in(visitor: Visitor) -> None:
    visitor.forget()
    visitor.get(SIGN_IN)
    visitor.post(SIGN_IN, {"login": people.address(next(_numbers)), "password": people.PASSWORD})


def password_alone(visitor: Visitor) -> None:
    """Without the page: the form was open already."""
    visitor.become_another()
    visitor.post(SIGN_IN, {"login": people.address(next(_numbers)), "password": people.PASSWORD})


def sign_up(visitor: Visitor) -> None:
    visitor.forget()
    visitor.get(SIGN_UP)
    visitor.post(SIGN_UP, {"email": f"new{next(_numbers)}@bench.example", "password1": people.PASSWORD})


class StaticFile:
    """The first stylesheet of the sign-in page."""

    path = ""

    def arrive(self, visitor: Visitor) -> None:
        found = re.search(r'"(/static/[^"]+\.css)"', visitor.get(SIGN_IN))
        if found is None:
            raise LookupError("The sign-in page names no stylesheet.")
        self.path = found[1]

    def visit(self, visitor: Visitor) -> None:
        visitor.get(self.path)


_static = StaticFile()

EMPTY_VIEW = "empty view"

# The first row is what the others are compared with.
ROWS = [
    Row(EMPTY_VIEW, lambda visitor: visitor.get("/livez")),
    Row("static file", _static.visit, arrive=_static.arrive),
    Row("sign-in page", lambda visitor: visitor.get(SIGN_IN)),
    Row("sign-in page of stock allauth", lambda visitor: visitor.get(SIGN_IN), site=STOCK_PAGES),
    Row("own account page", lambda visitor: visitor.get(HOME), arrive=sign_in),
    Row("sign-in: password", password_alone, arrive=lambda visitor: visitor.get(SIGN_IN)),
    Row("sign-in: page and password", sign_in),
    Row("sign-up: page and form", sign_up),
]
