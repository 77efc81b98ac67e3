"""From a filled-in form to an account that waits for its address to be proved."""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts import limits
from accounts.forms import SignUpForm


def start(
    *, request: HttpRequest, form: SignUpForm, proceed: Callable[[SignUpForm], HttpResponse]
) -> HttpResponse:
    """Account, address and mail are written together or not at all; the answer is the same for a known address."""
    limits.before_sign_up(request)
    try:
        with transaction.atomic():
            return proceed(form)
    except IntegrityError:
        # Somebody signed up with the same address between our look and our insert.
        form.account_already_exists = True
        with transaction.atomic():
            return proceed(form)
