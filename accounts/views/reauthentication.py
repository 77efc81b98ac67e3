"""Asking a signed-in person once more who they are."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.flows import password
from accounts.forms import CurrentPasswordForm
from accounts.pages.requests import SignedInRequest
from accounts.sign_in import reauthentication
from core import redirects


@sensitive_post_parameters("current_password")
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: SignedInRequest) -> HttpResponse:
    after = redirects.next_address(request) or reverse("accounts:home")
    has_password = request.user.has_usable_password()
    form = CurrentPasswordForm(request.POST if request.method == "POST" else None) if has_password else None
    if form is not None and form.is_valid():
        if password.is_current(
            request=request, user=request.user, typed=form.cleaned_data["current_password"]
        ):
            reauthentication.confirmed(request, method="password")
            return redirect(after)
        form.refuse()
    others = [
        {"label": way.label(request.user), "address": redirects.with_next(reverse(way.page), after)}
        for way in reauthentication.ways_of(request.user)
    ]
    context = {"form": form, "others": others, "after": after}
    return render(request, "account/reauthenticate.html", context)
