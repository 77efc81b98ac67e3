from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.flows import without_password
from accounts.models import User
from accounts.pages.requests import SignedInRequest
from mfa import trust
from mfa.factors import authenticator, passkeys, recovery, registry
from mfa.flows import passwordless


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """What somebody can show at the second step, and where they need not."""
    user = request.user
    counted, browsers = registry.counts(user), list(trust.of(user))
    context = {
        "is_on": bool(registry.among(counted)),
        "passkeys": passkeys.of(user),
        "apps": authenticator.of(user),
        "codes_left": counted.get(recovery.NAME, 0),
        "codes_few": recovery.FEW,
        "browsers": browsers,
        "this_browser": next((row.pk for row in browsers if trust.is_this_one(request, row)), None),
    }
    return render(request, "mfa/factors.html", {**context, "passwordless": _passwordless(user)})


def _passwordless(user: User) -> str:
    if without_password.of(user):
        return "is"
    return "could" if passwordless.is_possible(user) else ""
