"""With ORGANIZATION_SUBDOMAINS, acme.id.example.org leads to the pages of acme.

No page is served there: the session, and everything that protects it, stays with one host.
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from orgs.models import SLUG


class SubdomainMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.ORGANIZATION_SUBDOMAINS:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Also a host that nobody allowed gets no further than the check that refuses it.
        host = request.get_host().partition(":")[0].lower()
        name = host.removesuffix(f".{settings.BASE_HOST}")
        if name == host or host in settings.ALLOWED_HOSTS:
            return self.get_response(request)
        # The same whether or not there is such an organization.
        path = reverse("orgs:overview", args=[name]) if re.fullmatch(SLUG, name) else "/"
        return HttpResponseRedirect(settings.BASE_URL + path)
