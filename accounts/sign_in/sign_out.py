"""Where somebody goes after signing out, when others have to hear of it; each app registers what it knows."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Page = Callable[[HttpRequest], HttpResponse]
Look = Callable[[HttpRequest], Page | None]

_kinds: list[Look] = []


def register(look: Look) -> None:
    """`look` is asked while the session is there; the page it answers with is drawn once it is gone."""
    _kinds.append(look)


def onward(request: HttpRequest) -> Page | None:
    pages = (look(request) for look in _kinds)
    return next((page for page in pages if page is not None), None)
