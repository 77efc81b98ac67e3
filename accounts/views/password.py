"""Forgotten and changed passwords."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.flows import password, proof, without_password
from accounts.forms import AddressForm, ChangePasswordForm, NewPasswordForm, ResetByCodeForm
from accounts.models import User
from accounts.pages.requests import SignedInRequest
from accounts.session.store import key_digest_of
from accounts.sign_in import limits
from accounts.views.verification import GONE

# In the session of the browser that asked: for which address, and the secret that makes its code worth something.
ASKED_FOR = "password_reset"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask_reset(request: HttpRequest) -> HttpResponse:
    form = AddressForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "account/password_reset.html", {"form": form})
    limits.before_reset(request)
    email = form.cleaned_data["email"]
    before, secret = request.session.get(ASKED_FOR, ("", ""))
    secret = password.ask_reset(request=request, email=email, secret=secret if before == email else "")
    request.session[ASKED_FOR] = [email, secret]
    return redirect("account_reset_password_done")


@login_not_required
@sensitive_post_parameters("new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def reset_by_code(request: HttpRequest) -> HttpResponse:
    if ASKED_FOR not in request.session:
        return redirect("account_reset_password")
    email, secret = request.session[ASKED_FOR]
    form = ResetByCodeForm(User(email=email), request.POST if request.method == "POST" else None)
    if form.is_valid():
        limits.before_code(request)
        try:
            if password.reset_by_code(request=request, email=email, secret=secret, **form.cleaned_data):
                del request.session[ASKED_FOR]
                return _done(request, email)
            form.refuse()
        except ValidationError as error:
            form.add_error("new_password", error)
    return render(request, "account/password_reset_done.html", {"form": form})


@login_not_required
@sensitive_post_parameters("new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def reset_by_link(request: HttpRequest, token: str) -> HttpResponse:
    found = proof.find(token, password.RESET)
    if found is None or not found.is_open:
        return render(request, "account/password_reset_from_key.html", {"found": found}, status=GONE)
    other = without_password.of(found.user)
    if other is not None:
        return redirect(other.recover, token)
    form = NewPasswordForm(found.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            if password.reset_by_link(request=request, token=token, **form.cleaned_data):
                return _done(request, found.email)
            found.refresh_from_db()
            return render(request, "account/password_reset_from_key.html", {"found": found}, status=GONE)
        except ValidationError as error:
            form.add_error("new_password", error)
    context = {"found": found, "open": True, "form": form}
    return render(request, "account/password_reset_from_key.html", context)


@sensitive_post_parameters("current_password", "new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: SignedInRequest) -> HttpResponse:
    other = without_password.of(request.user)
    if other is not None:
        return redirect(other.set_one)
    if not request.user.has_usable_password():
        return render(request, "account/password_none.html")
    form = ChangePasswordForm(request.user, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "account/password_change.html", {"form": form})
    if not password.is_current(
        request=request, user=request.user, typed=form.cleaned_data["current_password"]
    ):
        form.refuse()
        return render(request, "account/password_change.html", {"form": form})
    try:
        _change(request, form.cleaned_data["new_password"])
    except ValidationError as error:
        form.add_error("new_password", error)
        return render(request, "account/password_change.html", {"form": form})
    messages.success(
        request, _("Your password is changed. All your other sessions and your API keys have ended.")
    )
    return redirect("accounts:home")


def _change(request: SignedInRequest, new_password: str) -> None:
    here = key_digest_of(request)
    password.change(request=request, user=request.user, new_password=new_password, keep=here)
    # A new key for the session that stays, which would otherwise end with the old password's hash.
    update_session_auth_hash(request, request.user)


def _done(request: HttpRequest, email: str) -> HttpResponse:
    """With the address: in this browser somebody else may be signed in."""
    text = _("The new password for %(email)s is set. Sign in with it.") % {"email": email}
    messages.success(request, text)
    return redirect("account_login")
