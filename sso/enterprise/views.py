"""Signing in at one's organization: from an address to its provider, and once more where a proof is asked for."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.addresses import LIMIT
from accounts.pages.requests import SignedInRequest
from accounts.sign_in.reauthentication import fresh_sign_in_required
from core import redirects
from core.errors import Missing
from sso.enterprise import limits, reauthentication, routes
from sso.linking import Purpose
from sso.models import Connection
from sso.openid import views as openid
from sso.saml import views as saml
from sso.social import connections, pages


class WorkAddressForm(forms.Form):
    email = forms.EmailField(
        label=_("Your e-mail address at work"),
        max_length=LIMIT,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    form = WorkAddressForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        limits.before_start(request)
        connection = routes.connection_for(form.cleaned_data["email"])
        if connection is not None:
            after = redirects.next_address(request) or ""
            context = {"provider": connection, "address": routes.start(connection, after)}
            return render(request, "sso/leave.html", context)
        form.add_error("email", _("No organization signs in here with addresses of this domain."))
    return render(request, "sso/choose.html", {"form": form, "next": redirects.next_address(request)})


@require_safe
def ask(request: SignedInRequest) -> HttpResponse:
    usable = reauthentication.usable(request.user)
    choices = {one.name: reverse("sso:organization-confirm", args=[one.slug]) for one in usable}
    return pages.ask_again(request, choices)


@require_POST
def confirm(request: SignedInRequest, slug: str) -> HttpResponse:
    connection = next((one for one in reauthentication.usable(request.user) if one.slug == slug), None)
    if connection is None:
        raise Missing
    after = redirects.next_address(request) or ""
    return _leave(request, connection, Purpose.REAUTHENTICATE, after)


@fresh_sign_in_required(back_to="sso:connections")
@require_POST
def connect(request: SignedInRequest, slug: str) -> HttpResponse:
    """For an account that was there before the connection: its owner proves both."""
    connection = next((one for one in connections.open_to(request.user) if one.slug == slug), None)
    if connection is None:
        raise Missing
    return _leave(request, connection, Purpose.CONNECT)


def _leave(
    request: SignedInRequest, connection: Connection, purpose: Purpose, after: str = ""
) -> HttpResponse:
    person = str(request.user.public_id)
    leave = saml.leave if connection.is_saml else openid.leave
    return leave(request, connection, purpose, after, person, by_page=True)
