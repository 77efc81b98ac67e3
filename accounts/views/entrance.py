"""The ways in and out: allauth's views with our transactions, limits and headers around them."""

from typing import Any

from allauth.account import views
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from accounts.flows import registration, sign_up
from accounts.forms import AcceptForm, SignInForm, SignUpForm
from accounts.sign_in import routes
from accounts.sign_in import sign_out as sign_out_elsewhere
from accounts.sign_in.allauth_compat import EmailVerificationStage, LoginStageController
from accounts.sign_in.stages import TermsStage, waiting_address
from core import redirects
from core.requests import READS


class SignInView(views.LoginView):  # type: ignore[misc]
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        after = redirects.next_address(request) or ""
        page = routes.elsewhere(request, request.POST.get("login", ""), after)
        if page is not None:
            return render(request, "account/signs_in_elsewhere.html", {"address": page})
        response: HttpResponseBase = super().post(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"form": kwargs.get("form") or self.get_form(), **_around_the_form(self.request)}


class SignUpView(views.SignupView):  # type: ignore[misc]
    @method_decorator(login_not_required)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not registration.has_page():
            return _not_open(request)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get_initial(self) -> dict[str, Any]:
        """What this browser signed up with just now, when it comes back to correct the address."""
        pending = LoginStageController.enter(self.request, EmailVerificationStage.key)
        return {"email": waiting_address(pending)} if pending else {}

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        return sign_up.start(request=self.request, form=form, proceed=super().form_valid)


class SignOutView(views.LogoutView):  # type: ignore[misc]
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            onward = sign_out_elsewhere.onward(request)
            response: HttpResponse = super().post(request, *args, **kwargs)
        if onward is not None:
            response = onward(request)
        # What the browser kept of this account's pages goes too; cookies are expired one by one.
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


def _not_open(request: HttpRequest) -> HttpResponse:
    by_invitation = registration.mode() == registration.Mode.INVITATION
    return render(request, "account/signup_closed.html", {"by_invitation": by_invitation}, status=403)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: HttpRequest) -> HttpResponse:
    """A step of signing in: who has not come that far is sent to its beginning."""
    stage = LoginStageController.enter(request, TermsStage.key)
    if stage is None:
        return redirect("account_login")
    if stage.login.user is None:
        # The account is gone meanwhile.
        ended: HttpResponse = stage.abort()
        return ended
    form = AcceptForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "account/terms.html", {"form": form})
    registration.accept(stage.login.user)
    response: HttpResponse = stage.exit()
    return response


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """The page itself, the most visited of all, is drawn without allauth's way to it, which costs as much again."""
    if request.method in READS and not request.user.is_authenticated:
        return render(request, "account/login.html", {"blank_form": SignInForm, **_around_the_form(request)})
    response: HttpResponseBase = check_password(request)
    return response


def _around_the_form(request: HttpRequest) -> dict[str, Any]:
    after = redirects.next_address(request)
    new_here = reverse("account_signup")
    by_mail = reverse("accounts:mail-sign-in")
    by_organization = reverse("sso:choose")
    return {
        "next": after,
        "by_mail": settings.SIGN_IN_BY_MAIL and (redirects.with_next(by_mail, after) if after else by_mail),
        "by_organization": redirects.with_next(by_organization, after) if after else by_organization,
        "sign_up": registration.has_page() and (redirects.with_next(new_here, after) if after else new_here),
    }


check_password = SignInView.as_view()
sign_up_view = SignUpView.as_view()
sign_out = SignOutView.as_view()
inactive = views.account_inactive
