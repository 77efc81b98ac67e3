"""A fresh proof of who is at the desk, before whatever is dangerous. The app that knows proofs registers how."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# Answers with the page that asks, or not at all.
Ask = Callable[[HttpRequest, str], HttpResponseBase | None]
_asks: list[Ask] = []


def register(ask: Ask) -> None:
    _asks[:] = [ask]


def ask(request: HttpRequest, *, back_to: str) -> HttpResponseBase | None:
    """`back_to` is where the button stands: what was sent along is sent once more from there."""
    return _asks[0](request, back_to)
