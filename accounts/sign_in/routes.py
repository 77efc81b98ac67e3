"""Which way somebody signs in is decided by their address, before a password is asked: settings.SIGN_IN_ROUTES."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

Route = Callable[[HttpRequest, str, str], str | None]


def elsewhere(request: HttpRequest, email: str, next_address: str) -> str | None:
    """The page to go to instead of asking for a password. The domain decides: it says nothing about accounts."""
    for path in settings.SIGN_IN_ROUTES:
        route: Route = import_string(path)
        found = route(request, email, next_address)
        if found is not None:
            return found
    return None
