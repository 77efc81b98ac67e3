from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions import middleware
from django.http import HttpRequest, HttpResponseBase

from accounts.sessions import SessionStore
from core import client


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's, except that the session knows which client it began with."""

    def process_request(self, request: HttpRequest) -> None:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        request.session = SessionStore(key, facts=client.facts(request))


class SessionActivityMiddleware:
    """Keeps "last seen" of a signed-in session within a minute of the truth."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and isinstance(request.session, SessionStore):
            request.session.touch()
        return self.get_response(request)
