"""A new password: by mail for whoever forgot the old one, or in exchange for it."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.contrib.auth import HASH_SESSION_KEY
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from accounts import access
from accounts.access import Reason
from accounts.flows import mail_requests, notices, proof, without_password
from accounts.models import MailRequest, Proof, User
from accounts.passwords import history
from accounts.sign_in import limits, lockout
from audit import log
from audit.actions import Action
from core import client, digests
from core.client import Facts
from core.models import Priority
from core.outbox.queue import queue
from core.site import absolute

RESET = Proof.Purpose.RESET_PASSWORD


def ask_reset(*, request: HttpRequest, email: str, secret: str = "") -> str:
    """Answers a secret for this browser, without which the code in the mail is worth nothing.

    So nobody can use up the tries of somebody else's mail, nor have a code read out that they asked for. A browser
    that has one for this address keeps it: where no further mail is sent, the code in the last one stays good.
    """
    secret = secret or digests.new_token()
    if limits.may_mail_reset(address=email):
        mail_requests.ask(
            MailRequest.Kind.RESET_PASSWORD, request=request, email=email, asked_by=digests.of_token(secret)
        )
    return secret


def answer_reset(asked: MailRequest, facts: Facts) -> None:
    """One mail either way: the way back for an account, or the word that there is none."""
    user = User.objects.with_address(asked.email).first()
    if user is None:
        link = {"link": absolute(reverse("account_signup"))}
        queue("no_account", to=asked.email, context=link, priority=Priority.URGENT)
        return
    log.record(Action.PASSWORD_RESET_ASK, person=user.public_id, facts=facts)
    mail_reset(user, email=asked.email, asked_by=asked.asked_by)


def mail_reset(user: User, *, email: str, asked_by: str = "") -> None:
    """Whoever chose to have no password is not offered one: their way back is another."""
    other = without_password.of(user)
    proof.mail(
        user=user,
        purpose=RESET,
        email=email,
        message="recover_account" if other else "reset_password",
        page=other.recover if other else "account_reset_password_from_key",
        asked_by=asked_by,
    )


def link_to_set_up(user: User) -> str:
    """For whoever runs the site to hand over: what the mail would say."""
    fresh = proof.issue(user=user, purpose=RESET, email=user.email)
    return absolute(reverse("account_reset_password_from_key", args=[fresh.token]))


def reset_by_link(*, request: HttpRequest, token: str, new_password: str) -> bool:
    with transaction.atomic():
        spent = proof.spend_link(token, RESET)
        return spent is not None and _reset(request, spent, new_password)


def reset_by_code(*, request: HttpRequest, email: str, secret: str, code: str, new_password: str) -> bool:
    user = User.objects.with_address(email).first()
    with transaction.atomic():
        spent = proof.spend_code(user, code, RESET, email=email, asked_by=digests.of_token(secret))
        return spent is not None and _reset(request, spent, new_password)


def is_current(*, request: HttpRequest, user: User, typed: str) -> bool:
    """Asked through the sign-in's own door, so that guessing here is limited and recorded as it is there."""
    found = get_adapter().authenticate(request, email=user.email, password=typed)
    if found != user:
        return False
    if found.password != user.password:
        # It was hashed anew on the way. The session that asks is bound to the hash, and goes on.
        user.password = found.password
        request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    return True


def change(*, request: HttpRequest, user: User, new_password: str, keep: str | None) -> None:
    """The caller has checked the current one. Everything but the session in use ends.

    ValidationError, and nothing is changed or spent, when the new one was theirs before: here and in both resets.
    """
    with transaction.atomic():
        facts = client.facts(request)
        history.retire(user, in_favour_of=new_password)
        replace(
            user=user,
            new_password=new_password,
            action=Action.PASSWORD_CHANGE,
            reason=Reason.PASSWORD_CHANGED,
            facts=facts,
            keep=keep,
        )
        _tell_owner(user, facts)


def replace(
    *,
    user: User,
    new_password: str,
    action: Action,
    reason: Reason,
    facts: Facts,
    keep: str | None = None,
) -> None:
    """The new password and the end of what the old one opened; in the caller's transaction, who tells the owner."""
    user.set_password(new_password)
    user.save(update_fields=["password"])
    log.record(action, actor=user.public_id, person=user.public_id, facts=facts)
    access.revoke(user, reason=reason, actor=user, facts=facts, keep=keep)


def _reset(request: HttpRequest, spent: Proof, new_password: str) -> bool:
    """It signs nobody in and skips no further proof; whoever reads the mailbox has also confirmed the address."""
    user, facts = spent.user, client.facts(request)
    if without_password.of(user):
        transaction.set_rollback(True)
        return False
    history.retire(user, in_favour_of=new_password)
    replace(
        user=user,
        new_password=new_password,
        action=Action.PASSWORD_RESET,
        reason=Reason.PASSWORD_RESET,
        facts=facts,
    )
    User.objects.filter(pk=user.pk).update(locked_at=None)
    lockout.release(user)
    _tell_owner(user, facts)
    address = EmailAddress.objects.filter(user_id=user.pk, email=spent.email, verified=False).first()
    if address is not None:
        get_adapter().confirm_email(request, address)
    return True


def _tell_owner(user: User, facts: Facts) -> None:
    link = absolute(reverse("account_reset_password"))
    notices.tell(user, "password_changed", context={**notices.circumstances(facts), "link": link})
