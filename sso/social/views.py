"""Off to a provider and back. Only a POST leaves; what comes back is believed only where this browser left from."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.pages.requests import SignedInRequest
from accounts.sign_in import pipeline
from accounts.sign_in.reauthentication import fresh_sign_in_required
from core import client, redirects
from sso import arrival
from sso.arrival import OfTheSite
from sso.linking import Purpose, Verdict
from sso.social import configuration, connections, engine, limits, pages
from sso.social.configuration import Provider
from sso.social.connections import Removal
from sso.social.engine import Attempt
from sso.social.errors import AnswerRefused, Expired, SignInFailed
from sso.social.identity import Identity


@login_not_required
@require_POST
def sign_in(request: HttpRequest, slug: str) -> HttpResponse:
    return _leave(request, slug, Purpose.SIGN_IN, redirects.next_address(request) or "")


@fresh_sign_in_required(back_to="sso:connections")
@require_POST
def connect(request: SignedInRequest, slug: str) -> HttpResponse:
    return _leave(request, slug, Purpose.CONNECT, person=str(request.user.public_id))


@require_POST
def confirm(request: SignedInRequest, slug: str) -> HttpResponse:
    after = redirects.next_address(request) or ""
    return _leave(request, slug, Purpose.REAUTHENTICATE, after, person=str(request.user.public_id))


@require_safe
def ask(request: SignedInRequest) -> HttpResponse:
    usable = connections.usable(request.user)
    return pages.ask_again(
        request, {one.name: reverse("sso:social-confirm", args=[one.slug]) for one in usable}
    )


@login_not_required
@require_safe
def come_back(request: HttpRequest, slug: str) -> HttpResponse:
    provider = _provider(slug)
    limits.before_return(request)
    attempt = _attempt(request, provider)
    if "error" in request.GET:
        return _gave_up(request, provider, attempt)
    try:
        identity = engine.identify(request, provider, attempt)
    except SignInFailed as failure:
        arrival.refuse(request, OfTheSite(provider.slug), attempt, failure.reason, failure)
    found = arrival.arrive(request, OfTheSite(provider.slug), attempt, identity)
    if found.is_closed:
        return pages.closed(request)
    if found.user is None:
        return pages.refusal(request, provider, found.verdict, identity)
    return _go_on(request, attempt, found.verdict, found.user, identity)


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    return pages.connections(request)


@fresh_sign_in_required(back_to="sso:connections")
@require_POST
def disconnect(request: SignedInRequest) -> HttpResponse:
    chosen = request.POST.get("connection", "")
    connection_id = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else 0
    removal = connections.remove(user=request.user, connection_id=connection_id, facts=client.facts(request))
    if removal is Removal.LAST_WAY_IN:
        messages.error(
            request,
            _("This is the only way into your account. Set a password first, or connect another account."),
        )
    else:
        messages.success(request, _("That account is no longer connected."))
    return redirect("sso:connections")


def _leave(
    request: HttpRequest, slug: str, purpose: Purpose, next_address: str = "", person: str = ""
) -> HttpResponse:
    """By a page of its own: a redirect would have to be allowed in the policy of every page with a button."""
    provider = _provider(slug)
    limits.before_start(request)
    address = engine.begin(request, provider, purpose=purpose, person=person, next_address=next_address)
    return render(request, "sso/leave.html", {"provider": provider, "address": address})


def _provider(slug: str) -> Provider:
    provider = configuration.find(slug)
    if provider is None:
        raise Http404
    return provider


def _attempt(request: HttpRequest, provider: Provider) -> Attempt:
    try:
        return engine.resume(request, provider)
    except Expired as failure:
        arrival.refuse(request, OfTheSite(provider.slug), None, failure.reason, failure)


def _gave_up(request: HttpRequest, provider: Provider, attempt: Attempt) -> HttpResponse:
    if request.GET["error"] != "access_denied":
        failure = AnswerRefused("error-at-provider")
        arrival.refuse(request, OfTheSite(provider.slug), attempt, failure.reason, failure)
    arrival.note_refusal(request, OfTheSite(provider.slug), attempt, "cancelled")
    messages.info(
        request, _("You stopped at %(provider)s; nothing was changed.") % {"provider": provider.name}
    )
    return redirect("account_login" if attempt.purpose is Purpose.SIGN_IN else "accounts:home")


def _go_on(
    request: HttpRequest, attempt: Attempt, verdict: Verdict, user: User, identity: Identity
) -> HttpResponse:
    how = arrival.how(identity)
    ended = pages.ended(request, attempt, verdict, **how)
    if ended is not None:
        return ended
    signed_up = verdict in arrival.NEW
    return pipeline.sign_in(request, user=user, next_address=attempt.next_address, signed_up=signed_up, **how)
