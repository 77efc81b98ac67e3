"""Two ways to a view: pages pass all of settings.MIDDLEWARE, the API what stands before the fork and a list of its own.

Programs bring no session, no form and no cookie of ours; what makes pages convenient would cost them more than the
answer itself.
"""

import functools
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.module_loading import import_string

from core.errors import API_PREFIX

# What is written about the API is for people.
PAGES = f"{API_PREFIX}docs/"
# What is longer is no list of languages that somebody reads.
LANGUAGES_LIMIT = 200
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class Join:
    """Where the two meet again: the last of the list, and so the first that Django makes."""

    newest: GetResponse

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = Join.newest = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)


class Fork:
    """Nobody is known on the short way until an endpoint has looked at the credential that was brought.

    What a middleware does around a view itself (`process_view` and the like) Django asks of those in MIDDLEWARE, for
    both ways; the list of the API has only such as stand there as well.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.pages, self.api = get_response, Join.newest
        for path in reversed(settings.API_MIDDLEWARE):
            layer = convert_exception_to_response(import_string(path)(self.api))
            self.api = cast(GetResponse, layer)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(API_PREFIX) or request.path_info.startswith(PAGES):
            return self.pages(request)
        request.user = AnonymousUser()
        return self.api(request)


class LanguageMiddleware:
    """A program's reader has one language, which its requests name again and again: it is looked up once."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = _language(request.META.get("HTTP_ACCEPT_LANGUAGE", "")[:LANGUAGES_LIMIT])
        translation.activate(language)
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


@functools.lru_cache(maxsize=1024)
def _language(accepted: str) -> str:
    """By Django's own rule, from the header alone: no cookie of ours is looked at here."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    return translation.get_language_from_request(request)
