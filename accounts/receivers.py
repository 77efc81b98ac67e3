"""What the flows of Django and allauth announce, written down as evidence in the same transaction."""

from typing import Any

from allauth.account.signals import email_confirmed, user_signed_up
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from accounts.addresses import canonical
from accounts.models import User
from accounts.sign_in.allauth_compat import METHODS_KEY
from audit import log
from audit.actions import Action, Outcome
from core import client


def connect() -> None:
    # accounts.sign_in.adapter notes it in the statement that lets the person in.
    user_logged_in.disconnect(dispatch_uid="update_last_login")
    user_signed_up.connect(signed_up)
    email_confirmed.connect(email_verified)
    user_logged_in.connect(signed_in)
    user_login_failed.connect(sign_in_refused)
    user_logged_out.connect(signed_out)


def signed_up(request: HttpRequest, user: User, **kwargs: Any) -> None:
    _record(Action.SIGN_UP, request, user, personal={"email": user.email})


def email_verified(request: HttpRequest, email_address: Any, **kwargs: Any) -> None:
    _record(Action.EMAIL_VERIFY, request, email_address.user, personal={"email": email_address.email})


def signed_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    methods = [record["method"] for record in request.session.get(METHODS_KEY, [])]
    _record(Action.SIGN_IN, request, user, data={"methods": methods})


def sign_in_refused(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    if request is None:
        return
    email = canonical(str(credentials.get("email", "")))
    person = User.objects.with_address(email).only("public_id").first()
    log.record(
        Action.SIGN_IN_REFUSE,
        person=person.public_id if person else None,
        outcome=Outcome.REFUSED,
        facts=client.facts(request),
        # Of a person, their id says enough; what else is known is of whoever tried.
        personal=None if person else {"email": email},
        by_stranger=True,
    )


def signed_out(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        _record(Action.SIGN_OUT, request, user)


def _record(action: Action, request: HttpRequest, user: User, **details: Any) -> None:
    """The person did it themselves."""
    log.record(action, actor=user.public_id, person=user.public_id, facts=client.facts(request), **details)
