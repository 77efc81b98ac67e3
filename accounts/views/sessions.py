from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.flows import sign_ins
from accounts.pages.requests import SignedInRequest
from accounts.session.store import key_digest_of
from core import client


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    context = {"sessions": sign_ins.of(request.user), "this_session": key_digest_of(request)}
    return render(request, "accounts/sessions.html", context)


@require_POST
def end(request: SignedInRequest) -> HttpResponse:
    """A second press, or a session that ended meanwhile, is no mistake: it is over, which was the wish."""
    sign_ins.end_one(
        user=request.user,
        name=request.POST.get("session", ""),
        actor=request.user,
        facts=client.facts(request),
    )
    messages.success(request, _("That session has ended."))
    return redirect("accounts:sessions")


@require_POST
def end_others(request: SignedInRequest) -> HttpResponse:
    ended = sign_ins.end_others(user=request.user, keep=key_digest_of(request), facts=client.facts(request))
    text = ngettext("%(count)d other session has ended.", "%(count)d other sessions have ended.", ended)
    messages.success(request, text % {"count": ended})
    return redirect("accounts:sessions")
