from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.pages.requests import SignedInRequest
from core import client
from mfa import trust


@require_POST
def forget(request: SignedInRequest) -> HttpResponse:
    """As with sessions: a second press is no mistake, and to end something nobody has to prove more."""
    chosen = request.POST.get("browser", "")
    pk = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 18 else 0
    trust.forget(user=request.user, pk=pk, facts=client.facts(request))
    messages.success(request, _("That browser will be asked for the second step again."))
    return redirect("mfa:factors")
