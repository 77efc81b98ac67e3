from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.pages.requests import SignedInRequest
from mfa import trust
from mfa.factors import authenticator, passkeys, recovery, registry


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """What somebody can show at the second step, and where they need not."""
    user = request.user
    here = trust.this_one(request, user)
    context = {
        "is_on": registry.protects(user),
        "passkeys": passkeys.of(user),
        "apps": authenticator.of(user),
        "codes_left": recovery.left(user).count(),
        "codes_few": recovery.FEW,
        "browsers": trust.of(user),
        "this_browser": here.pk if here else None,
    }
    return render(request, "mfa/factors.html", context)
