"""A new password: by mail for whoever forgot the old one, or in exchange for it."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts import access, limits
from accounts.access import Reason
from accounts.flows import proof
from accounts.models import Proof, User
from audit import log
from audit.actions import Action
from core import client
from core.client import Facts
from core.models import Priority
from core.outbox.queue import queue
from core.site import absolute

RESET = Proof.Purpose.RESET_PASSWORD
NO_PROOF = 0


def ask_reset(*, request: HttpRequest, email: str) -> int:
    """One mail either way: the way back for an account, or the word that there is none.

    Answers which proof this browser may spend by code: nobody can use up the tries of somebody else's mail.
    """
    if not limits.may_mail_reset(address=email):
        return NO_PROOF
    user = User.objects.filter(email=email).first()
    with transaction.atomic():
        if user is not None:
            return _send_reset(user, client.facts(request))
        queue(
            "no_account",
            to=email,
            context={"link": absolute(reverse("account_signup"))},
            priority=Priority.URGENT,
        )
        return NO_PROOF


def reset_by_link(*, request: HttpRequest, token: str, new_password: str) -> bool:
    with transaction.atomic():
        spent = proof.spend_link(token, RESET)
        return spent is not None and _reset(request, spent, new_password)


def reset_by_code(*, request: HttpRequest, email: str, asked_for: int, code: str, new_password: str) -> bool:
    user = User.objects.filter(email=email).first()
    with transaction.atomic():
        spent = proof.spend_code(user, code, RESET, asked_for=asked_for)
        return spent is not None and _reset(request, spent, new_password)


def is_current(*, request: HttpRequest, user: User, typed: str) -> bool:
    """Asked through the sign-in's own door, so that guessing here is limited and recorded as it is there."""
    return bool(get_adapter().authenticate(request, email=user.email, password=typed) == user)


def change(*, request: HttpRequest, user: User, new_password: str, keep_session: str | None) -> None:
    """The caller has checked the current one. Everything but the session in use ends."""
    with transaction.atomic():
        facts = client.facts(request)
        replace(
            user=user,
            new_password=new_password,
            action=Action.PASSWORD_CHANGE,
            reason=Reason.PASSWORD_CHANGED,
            facts=facts,
            keep_session=keep_session,
        )
        _tell_owner(user, facts)


def replace(
    *,
    user: User,
    new_password: str,
    action: Action,
    reason: Reason,
    facts: Facts,
    keep_session: str | None = None,
) -> None:
    """The new password and the end of what the old one opened; in the caller's transaction, who tells the owner."""
    user.set_password(new_password)
    user.save(update_fields=["password"])
    log.record(action, actor=user.public_id, person=user.public_id, facts=facts)
    access.revoke(user, reason=reason, actor=user, facts=facts, keep_session=keep_session)


def _send_reset(user: User, facts: Facts) -> int:
    log.record(Action.PASSWORD_RESET_ASK, person=user.public_id, facts=facts)
    return proof.mail(
        user=user,
        purpose=RESET,
        email=user.email,
        message="reset_password",
        page="account_reset_password_from_key",
    )


def _reset(request: HttpRequest, spent: Proof, new_password: str) -> bool:
    """It signs nobody in and skips no further proof; whoever reads the mailbox has also confirmed the address."""
    user, facts = spent.user, client.facts(request)
    replace(
        user=user,
        new_password=new_password,
        action=Action.PASSWORD_RESET,
        reason=Reason.PASSWORD_RESET,
        facts=facts,
    )
    _tell_owner(user, facts)
    address = EmailAddress.objects.filter(user_id=user.pk, email=spent.email, verified=False).first()
    if address is not None:
        get_adapter().confirm_email(request, address)
    return True


def _tell_owner(user: User, facts: Facts) -> None:
    context = {
        "at": timezone.now(),
        "address": facts.address,
        "device": facts.device,
        "link": absolute(reverse("account_reset_password")),
    }
    queue("password_changed", to=user.email, context=context, person=user.public_id)
