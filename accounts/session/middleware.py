from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions import middleware
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.access import AccessEnded
from accounts.models import User
from accounts.pages import preferences
from accounts.session import moves
from accounts.session.store import SessionStore
from core import client, errors, redirects
from core.requests import READS


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's, except that the session knows which client it began with, and that an outage is told as one."""

    def process_request(self, request: HttpRequest) -> None:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        request.session = SessionStore(key, facts=client.facts(request))

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except SessionInterrupted:
            return _begin_again()
        except errors.OUTAGES as error:
            return errors.respond(request, errors.problem_of(error))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        # Programs, whose failures come by here as well, are told in their own way.
        is_of_page = not request.path_info.startswith(errors.API_PREFIX)
        is_over = isinstance(error, SessionInterrupted) or (is_of_page and isinstance(error, AccessEnded))
        return _begin_again() if is_over else None


def _begin_again() -> HttpResponse:
    """The session ended from elsewhere while this request was under way: the next page asks who this is."""
    return redirect("account_login")


class SignedInMiddleware(LoginRequiredMiddleware):
    """Django's, except that whoever sent a form after their session had ended comes back to the page with the form."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseRedirect:
        entrance, page = resolve_url(self.get_login_url(view_func)), redirects.page_of(request)
        if request.method not in READS:
            messages.info(
                request, _("You were signed out, and nothing was saved. Sign in, then send it once more.")
            )
        return redirect_to_login(page, entrance) if page else redirect(entrance)


class SessionActivityMiddleware:
    """Keeps "last seen" of a signed-in session within a minute of the truth, and stops one that looks stolen.

    It is the first to ask who this is, so it is also here that a request learns of a database that is away:
    what a middleware lets escape, Django would show as a mistake of ours while DEBUG is on.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            if request.user.is_authenticated and isinstance(request.session, SessionStore):
                refused = moves.refusal(request, request.session, request.user)
                if refused is not None:
                    return refused
                request.session.touch()
        except errors.OUTAGES as error:
            return errors.respond(request, errors.problem_of(error))
        return self.get_response(request)


class PreferencesMiddleware:
    """Pages for a signed-in person are written in their language and with their clock."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not isinstance(request.user, User) or not (request.user.language or request.user.time_zone):
            return self.get_response(request)
        with preferences.applied(request.user):
            response = errors.explained(request, self.get_response(request))
            response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response
