"""The ways in and out: allauth's views with our transactions, limits and headers around them."""

from typing import Any

from allauth.account import views
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from accounts.flows import email, sign_up
from accounts.forms import SignUpForm


class SignUpView(views.SignupView):  # type: ignore[misc]
    def form_valid(self, form: SignUpForm) -> HttpResponse:
        return sign_up.start(request=self.request, form=form, proceed=super().form_valid)


class ConfirmEmailView(views.ConfirmEmailView):  # type: ignore[misc]
    """A GET, such as a mail scanner's, only shows the page; the button in it acts."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            if not email.claim_proof(self.get_object().email_address):
                raise Http404
            response: HttpResponse = super().post(*args, **kwargs)
        return response


class SignOutView(views.LogoutView):  # type: ignore[misc]
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(request, *args, **kwargs)
        # What the browser kept of this account's pages goes too; cookies are expired one by one.
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


sign_up_view = SignUpView.as_view()
sign_in = views.LoginView.as_view()
sign_out = SignOutView.as_view()
confirm_email = ConfirmEmailView.as_view()
verification_sent = views.email_verification_sent
inactive = views.account_inactive
