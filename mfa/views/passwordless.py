"""Doing without a password, having one again, and recovery with what is left: mailbox and recovery code."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.flows import proof, without_password
from accounts.forms import NewPasswordForm
from accounts.models import Proof
from accounts.pages.requests import SignedInRequest
from accounts.session.store import key_digest_of
from core import client
from mfa import limits
from mfa.errors import PasskeyRefused
from mfa.factors import passkeys, recovery
from mfa.flows import passwordless
from mfa.stepup import fresh_passkey_required
from mfa.views import asking
from mfa.views.passkeys import ANSWER, answer_in

PAGE = "mfa:factors"
GONE = 410
# In the session: for which link a recovery code was right.
RECOVERING = "recovering"


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_passkey_required
def remove(request: SignedInRequest) -> HttpResponse:
    user = request.user
    if request.method == "POST":
        facts, here = client.facts(request), key_digest_of(request)
        if passwordless.remove_password(user=user, facts=facts, keep=here):
            # A new key for the session that stays, which would otherwise end with the hash of the password.
            update_session_auth_hash(request, user)
            messages.success(request, _("Your password is gone. From now on you sign in with a passkey."))
            return redirect(PAGE)
    return render(request, "mfa/passwordless.html", {"is_possible": passwordless.is_possible(user)})


@sensitive_post_parameters("new_password")
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_passkey_required
def set_one(request: SignedInRequest) -> HttpResponse:
    if request.user.has_usable_password():
        return redirect("account_change_password")
    form = NewPasswordForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            _set(request, form.cleaned_data["new_password"])
            messages.success(request, _("You have a password again. All your other sessions have ended."))
            return redirect(PAGE)
        except ValidationError as error:
            form.add_error("new_password", error)
    return render(request, "mfa/set_password.html", {"form": form})


@login_not_required
@sensitive_post_parameters(ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def recover(request: HttpRequest, token: str) -> HttpResponse:
    """Opened from a mail. First a recovery code, then a new passkey; it signs nobody in, and sets no password."""
    found = proof.find(token, Proof.Purpose.RESET_PASSWORD)
    if found is None or not found.is_open or without_password.of(found.user) is None:
        return render(request, "mfa/recover.html", {"found": found, "over": True}, status=GONE)
    if request.session.get(RECOVERING) != found.pk:
        return _ask_for_code(request, found)
    if request.method == "POST":
        limits.before_passkey(request)
        answer = answer_in(request)
        if passwordless.recover(token=token, answer=answer, facts=client.facts(request)) is not None:
            del request.session[RECOVERING]
            messages.success(request, _("Your new passkey is ready. Sign in with it."))
            return redirect("account_login")
        messages.error(request, str(PasskeyRefused.detail))
        return redirect("mfa:recover", token)
    context = {"found": found, "question": passkeys.begin(found.user)}
    return render(request, "mfa/recover_passkey.html", context)


def _ask_for_code(request: HttpRequest, found: Proof) -> HttpResponse:
    form = recovery.form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and asking.accepted(request, user=found.user, factor=recovery, form=form):
        request.session[RECOVERING] = found.pk
        return redirect(request.path)
    context = {"found": found, "form": form, "has_codes": recovery.left(found.user).exists()}
    return render(request, "mfa/recover.html", context)


def _set(request: SignedInRequest, new_password: str) -> None:
    passwordless.set_password(
        user=request.user,
        new_password=new_password,
        facts=client.facts(request),
        keep=key_digest_of(request),
    )
    update_session_auth_hash(request, request.user)
