"""The two links of a reset: one to cancel it, and one to begin with new factors."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.flows import proof
from accounts.views.verification import GONE
from core import client
from mfa.flows import reset


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """In whatever browser. A GET, such as a mail scanner's, only shows the page."""
    if request.method == "POST" and reset.cancel(token=token, facts=client.facts(request)):
        return render(request, "mfa/cancel_reset.html", {"done": True})
    found = proof.find(token, reset.CANCEL)
    is_open = found is not None and found.is_open
    context = {"found": found, "open": is_open}
    return render(request, "mfa/cancel_reset.html", context, status=200 if is_open else GONE)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def use(request: HttpRequest, token: str) -> HttpResponse:
    """It signs nobody in: the first step comes as ever, and in place of the second one a new factor."""
    found = proof.find(token, reset.ENROL)
    if found is None or not found.is_open:
        return render(request, "mfa/use_reset.html", {"found": found}, status=GONE)
    if request.method == "POST":
        request.session[reset.OPENED] = found.pk
        messages.info(request, _("Now sign in. Then you set up your new second step."))
        return redirect("account_login")
    return render(request, "mfa/use_reset.html", {"found": found, "open": True})
