"""Two ways to a view: pages pass every middleware, the API only those outside of the fork.

Programs bring no session, no form and no cookie of ours; what makes pages convenient would cost them more than the
answer itself. Both are one list, so that its order can be read in one place.
"""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase

from core.errors import API_PREFIX

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class Join:
    """Where the two meet again: the last of the list, and so the first that Django makes."""

    newest: GetResponse

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = Join.newest = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)


class Fork:
    """Nobody is known on the short way until an endpoint has looked at the credential that was brought."""

    def __init__(self, get_response: GetResponse) -> None:
        self.pages, self.api = get_response, Join.newest

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(API_PREFIX):
            return self.pages(request)
        request.user = AnonymousUser()
        return self.api(request)
