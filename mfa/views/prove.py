"""Showing one's second factor once more while signed in, before something that matters."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.pages.requests import SignedInRequest
from accounts.sign_in import reauthentication
from core import redirects
from mfa.ceremonies import Purpose
from mfa.views import asking


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: SignedInRequest) -> HttpResponse:
    user, after = request.user, redirects.next_address(request) or reverse("accounts:home")
    factor = asking.factor_for(request, user)
    if factor is None:
        return redirect(reauthentication.page(after))
    form = factor.form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and asking.accepted(request, user=user, factor=factor, form=form, actor=user):
        reauthentication.confirmed(request, method=factor.METHOD)
        return redirect(after)
    context = asking.context(user, factor, form, page="mfa:prove", purpose=Purpose.PROVE, after=after)
    return render(request, "mfa/prove.html", context)
