"""The second step of signing in."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.sign_in import stages
from accounts.sign_in.allauth_compat import LoginStage, LoginStageController, record_authentication
from mfa import trust
from mfa.ceremonies import Purpose
from mfa.factors.registry import Factor
from mfa.stages import SecondFactorStage
from mfa.views import asking


@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def challenge(request: HttpRequest) -> HttpResponse:
    """Only for a sign-in that waits for it: who has not come that far is sent to its beginning."""
    stage = LoginStageController.enter(request, SecondFactorStage.key)
    if stage is None or stage.login.user is None:
        return redirect("account_login")
    user: User = stage.login.user
    refused, factor = stages.refusal(stage), asking.factor_for(request, user)
    if refused is not None or factor is None:
        # Access ended meanwhile, or what this sign-in waits for is gone.
        stage.abort()
        return refused or stages.begin_again(request)
    form = factor.form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and asking.accepted(request, user=user, factor=factor, form=form):
        return _go_on(request, stage, user, factor)
    context = asking.context(user, factor, form, page="mfa:challenge", purpose=Purpose.SECOND_FACTOR)
    offer = {"may_remember": trust.is_offered_to(user), "days": settings.TRUSTED_BROWSER_LIFETIME.days}
    remember = "remember" in request.POST
    return render(request, "mfa/challenge.html", {**context, **offer, "remember": remember})


@login_not_required
@require_safe
def lost(request: HttpRequest) -> HttpResponse:
    return render(request, "mfa/lost.html")


def _go_on(request: HttpRequest, stage: LoginStage, user: User, factor: Factor) -> HttpResponse:
    record_authentication(request, user, method=factor.METHOD)
    response: HttpResponse = stage.exit()
    if "remember" in request.POST and request.user == user:
        trust.remember(request, response, user)
    return response
