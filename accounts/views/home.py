from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.models import Session
from accounts.requests import SignedInRequest
from accounts.sessions import key_digest_of
from audit.models import Event

RECENT_EVENTS = 6


@login_not_required
@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    if not isinstance(request.user, AnonymousUser) and request.user.is_authenticated:
        return redirect("accounts:home")
    return render(request, "accounts/welcome.html")


@login_not_required
@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/signed_out.html")


@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    sessions = Session.objects.alive().of(request.user).order_by("-last_seen_at")
    return render(
        request,
        "accounts/home.html",
        {
            "sessions": sessions,
            "this_session": key_digest_of(request),
            "events": Event.objects.of_person(request.user.public_id)[:RECENT_EVENTS],
        },
    )
