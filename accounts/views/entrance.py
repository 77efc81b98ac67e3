"""The ways in and out: allauth's views with our transactions, limits and headers around them."""

from typing import Any

from allauth.account import views
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from accounts.flows import sign_up
from accounts.forms import SignUpForm


class SignUpView(views.SignupView):  # type: ignore[misc]
    def form_valid(self, form: SignUpForm) -> HttpResponse:
        return sign_up.start(request=self.request, form=form, proceed=super().form_valid)


class SignOutView(views.LogoutView):  # type: ignore[misc]
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().post(request, *args, **kwargs)
        # What the browser kept of this account's pages goes too; cookies are expired one by one.
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


sign_up_view = SignUpView.as_view()
sign_in = views.LoginView.as_view()
sign_out = SignOutView.as_view()
inactive = views.account_inactive
