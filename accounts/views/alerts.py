"""The last word of the owner, given from a mail. A GET, such as a mail scanner's, only shows the page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.flows import addresses, alerts, proof
from accounts.models import Proof
from accounts.sign_in import browsers
from accounts.views.verification import GONE
from core import client


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def disown(request: HttpRequest, token: str) -> HttpResponse:
    if request.method == "POST":
        recovery = alerts.disown(token=token, facts=client.facts(request))
        if recovery is not None:
            said = _("Your account is locked and nobody is signed in. Now choose a new password.")
            return _begin_recovery(request, recovery, said)
    return _question(request, token, Proof.Purpose.DISOWN_SIGN_IN, "accounts/disown_sign_in.html")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def undo_email_change(request: HttpRequest, token: str) -> HttpResponse:
    if request.method == "POST":
        recovery = addresses.undo(token=token, facts=client.facts(request))
        if recovery is not None:
            return _begin_recovery(request, recovery, _("The change is undone. Now choose a new password."))
    return _question(request, token, addresses.UNDO, "accounts/undo_email_change.html")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unlock(request: HttpRequest, token: str) -> HttpResponse:
    if request.method == "POST" and alerts.unlock(token=token, request=request) is not None:
        messages.success(request, _("You can sign in again."))
        response = redirect("account_login")
        browsers.leave_cookie(request, response)
        return response
    return _question(request, token, Proof.Purpose.UNLOCK_SIGN_IN, "accounts/unlock_sign_in.html")


@login_not_required
@require_safe
def locked(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/locked.html")


def _begin_recovery(request: HttpRequest, recovery: proof.Secrets, said: str) -> HttpResponse:
    # This browser's session has just ended with all others, if it was one of this account.
    request.session.flush()
    messages.success(request, said)
    return redirect("account_reset_password_from_key", token=recovery.token)


def _question(request: HttpRequest, token: str, purpose: Proof.Purpose, template: str) -> HttpResponse:
    """Asked once: whoever answered, and was refused though the link is good, reads why instead."""
    found = proof.find(token, purpose)
    is_open = found is not None and found.is_open
    context = {"found": found, "open": is_open and request.method != "POST"}
    return render(request, template, context, status=200 if is_open else GONE)
