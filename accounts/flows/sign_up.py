"""From a filled-in form to an account that waits for its address to be proved."""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts.flows import unproved
from accounts.forms import SignUpForm
from accounts.sign_in import limits
from accounts.sign_in.allauth_compat import EmailVerificationStage, LoginStageController


def start(
    *, request: HttpRequest, form: SignUpForm, proceed: Callable[[SignUpForm], HttpResponse]
) -> HttpResponse:
    """Account, address and mail are written together or not at all; the answer is the same for a known address."""
    limits.before_sign_up(request)
    try:
        with transaction.atomic():
            _forget_mistyped(request, form.cleaned_data["email"])
            return proceed(form)
    except IntegrityError:
        # Somebody signed up with the same address between our look and our insert.
        form.account_already_exists = True
        with transaction.atomic():
            return proceed(form)


def _forget_mistyped(request: HttpRequest, email: str) -> None:
    """Whoever signs up with another address in the browser that still waits had mistyped: nothing of it is left."""
    stage = LoginStageController.enter(request, EmailVerificationStage.key)
    waiting = stage.login.user if stage is not None and stage.login.signup else None
    if waiting is not None and waiting.email != email:
        unproved.drop(waiting)
