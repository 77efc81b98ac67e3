from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.flows import activity, sessions
from accounts.pages import overview
from accounts.pages.requests import SignedInRequest
from accounts.session.store import key_digest_of

RECENT_EVENTS = 6
RECENT_SESSIONS = 5


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
    entries, _following = activity.page(request.user, size=RECENT_EVENTS)
    context = {
        "sessions": sessions.of(request.user)[:RECENT_SESSIONS],
        "this_session": key_digest_of(request),
        "entries": entries,
        "to_do": overview.to_do(request.user),
    }
    return render(request, "accounts/home.html", context)
