"""From a filled-in form to an account that waits for its address to be proved."""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts.flows import unproved
from accounts.forms import SignUpForm
from accounts.models import MailRequest, User
from accounts.sign_in import limits
from accounts.sign_in.allauth_compat import EmailVerificationStage, LoginStageController
from audit.actions import Action
from audit.models import Event


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
    """Whoever signs up with another address in the browser that still waits had mistyped: nothing of it is left.

    Unless it was asked for once more: then it may be what its owner waits for, and gives way to nobody's typing.
    """
    stage = LoginStageController.enter(request, EmailVerificationStage.key)
    waiting = stage.login.user if stage is not None and stage.login.signup else None
    if waiting is not None and waiting.email != email and not _was_asked_for_again(waiting):
        unproved.drop(waiting)


def _was_asked_for_again(user: User) -> bool:
    mailed = Event.objects.of_person(user.public_id).filter(action=Action.EMAIL_VERIFICATION_SEND)
    return mailed.count() + MailRequest.objects.filter(email=user.email).count() > 1
