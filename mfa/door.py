"""What this app adds at the door of an organization: its rule about the second factor."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.pages.requests import SignedInRequest
from accounts.sign_in import reauthentication
from core import errors, redirects
from mfa import requirement
from mfa.errors import FactorNeeded
from mfa.factors import registry
from orgs import door
from orgs.decisions import strength
from orgs.decisions.strength import Strength
from orgs.door import Place


def register() -> None:
    door.register_condition(unmet, refuses=FactorNeeded)
    for factor in registry.FACTORS:
        worth = Strength.PHISHING_RESISTANT if factor.RESISTS_PHISHING else Strength.TWO_FACTORS
        strength.register(factor.METHOD, worth)


def unmet(request: SignedInRequest, place: Place) -> HttpResponse | None:
    required = requirement.at_door(place)
    if required is None or not required.is_due or registry.protects(request.user):
        return None
    if reauthentication.two_factors_for(request, place.organization.public_id):
        return None
    if errors.wants_json(request):
        raise FactorNeeded
    after = request.get_full_path() if request.method == "GET" else reverse("orgs:index")
    return redirect(redirects.with_next(reverse("mfa:required"), after))
