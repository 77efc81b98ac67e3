"""Pages between here and an organization's provider."""

from typing import cast

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from core import redirects
from core.errors import Missing
from sso.arrival import Attempt
from sso.enterprise.parking import Arrived
from sso.models import Connection
from sso.saml.request import Outgoing


class Onward(HttpResponseRedirect):
    # The addresses of a connection are checked when it is saved; over plain http only in development.
    allowed_schemes = ["https", "http"]


def to(request: HttpRequest, connection: Connection, outgoing: Outgoing) -> HttpResponse:
    """By an address, or by a form that a script sends off at once and a button without one."""
    if outgoing.fields is None:
        return Onward(outgoing.address)
    return by_form(request, connection, outgoing)


def by_page(request: HttpRequest, connection: Connection, outgoing: Outgoing) -> HttpResponse:
    """After a form of ours: a redirect would have to be allowed in the policy of the page that it stands on."""
    if outgoing.fields is not None:
        return by_form(request, connection, outgoing)
    return render(request, "sso/leave.html", {"provider": connection, "address": outgoing.address})


def by_form(request: HttpRequest, connection: Connection, outgoing: Outgoing) -> HttpResponse:
    context = {"connection": connection, "outgoing": outgoing}
    # Also on to wherever the provider's own pages lead from there: browsers apply this to redirects as well.
    allowed = ["https:", "http:"] if settings.DEBUG else ["https:"]

    @csp_update({"form-action": allowed})
    def page(asked: HttpRequest) -> HttpResponse:
        return render(asked, "sso/leave_by_form.html", context)

    return cast(HttpResponse, page(request))


def finish_address(connection: Connection, ticket: str) -> str:
    return reverse("sso-saml:finish", args=[connection.slug, ticket])


def tried(request: HttpRequest, connection: Connection, attempt: Attempt, arrived: Arrived) -> HttpResponse:
    """What the provider said of whoever set it up; only they see it, and nothing comes of it."""
    here = getattr(request.user, "public_id", None)
    if str(here) != attempt.person:
        raise Missing
    context = {"connection": connection, "arrived": arrived, "back": attempt.next_address}
    return render(request, "sso/tried.html", context)


def ask(request: HttpRequest, connection: Connection, arrived: Arrived) -> HttpResponse:
    """Nobody is signed in without having wanted it: the link may have been somebody else's."""
    context = {
        "connection": connection,
        "who": arrived.profile.email or arrived.profile.name or arrived.name["value"],
        "after": redirects.next_address(request) or "",
        "other": request.user if request.user.is_authenticated else None,
    }
    return render(request, "sso/begun_elsewhere.html", context)
