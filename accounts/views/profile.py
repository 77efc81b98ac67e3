"""Who the person is to this site, and what happened to the account."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.flows import activity as log_of_person
from accounts.flows import profile as profile_flow
from accounts.forms import ProfileForm
from accounts.models import User
from accounts.pages import preferences
from accounts.pages.requests import SignedInRequest
from core import client, errors, paging, redirects


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    form = ProfileForm(request.user, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "accounts/profile.html", {"form": form})
    profile_flow.update(user=request.user, facts=client.facts(request), **form.cleaned_data)
    with preferences.applied(request.user):
        messages.success(request, _("Saved."))
    return redirect("accounts:profile")


@require_safe
def activity(request: SignedInRequest) -> HttpResponse:
    entries, following = log_of_person.page(request.user, before=paging.before(request))
    return render(request, "accounts/activity.html", {"entries": entries, "following": following})


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """From the foot of every page; whoever is signed in has it kept."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        raise errors.BadInput
    if isinstance(request.user, User):
        profile_flow.update(user=request.user, facts=client.facts(request), language=language)
    response = redirect(redirects.next_address(request) or "welcome")
    preferences.leave_language_cookie(response, language)
    return response
