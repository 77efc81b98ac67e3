"""Signing up with an invitation."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.flows import invitations, unproved
from accounts.forms import InvitedForm
from accounts.models import Invitation, User
from accounts.sign_in import limits, pipeline
from accounts.views.verification import GONE
from core import client


@login_not_required
@sensitive_post_parameters("new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest, token: str) -> HttpResponse:
    """The mail that brought the link is the proof of the mailbox, so no second one is sent."""
    found = invitations.find(token)
    if found is None or not found.is_open or unproved.has_owner(found.email):
        return _over(request, found)
    if request.user.is_authenticated:
        # Their session would end without a word, and the new account would be somebody else's than they think.
        return render(request, "account/signup_invited.html", {"found": found, "other": request.user})
    form = InvitedForm(User(email=found.email), request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "account/signup_invited.html", {"found": found, "form": form})
    limits.before_sign_up(request)
    chosen = {"password": form.cleaned_data["new_password"], "name": form.cleaned_data["name"]}
    user = invitations.accept(token=token, facts=client.facts(request), **chosen)
    if user is None:
        return _over(request, invitations.find(token))
    return pipeline.sign_in(request, user=user, method="password", signed_up=True)


def _over(request: HttpRequest, found: Invitation | None) -> HttpResponse:
    """With an account of that address, the next step is to sign in, whatever became of the invitation."""
    return render(request, "account/signup_invited.html", {"found": found, "over": True}, status=GONE)
