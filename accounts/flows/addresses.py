"""A person's addresses: several, one of them the main one; every change can be undone from the mailbox it left."""

from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.flows import last_word, mail_requests, notices, proof, unproved
from accounts.models import MailRequest, Proof, User
from accounts.sign_in import limits
from audit import log
from audit.actions import Action
from core import client, ratelimit
from core.client import Facts
from core.outbox.queue import queue
from core.site import absolute

LIMIT = 10
UNDO = Proof.Purpose.UNDO_EMAIL_CHANGE


def of(user: User) -> list[EmailAddress]:
    return list(EmailAddress.objects.filter(user=user).order_by("-primary", "-verified", "email"))


def add(*, request: HttpRequest, user: User, email: str) -> bool:
    """Waits for confirmation, whoever else may have this address; whether there was room for one more."""
    ratelimit.enforce("add-address.account", str(user.public_id), on_error="allow")
    with transaction.atomic():
        _lock(user)
        if EmailAddress.objects.filter(user=user).count() >= LIMIT:
            return False
        _row, is_new = EmailAddress.objects.get_or_create(user=user, email=email)
        if is_new:
            _record(Action.EMAIL_ADD, user, client.facts(request), personal={"email": email})
        if limits.may_mail(request, address=email):
            mail_requests.ask(MailRequest.Kind.ADD_ADDRESS, request=request, email=email, user=user)
    return True


def answer_added(asked: MailRequest, facts: Facts) -> None:
    """To whoever reads that mailbox: a question, or the word that the address is in use by an account of theirs."""
    user = asked.user
    if user is None or _ended_meanwhile(asked, user):
        return
    if not EmailAddress.objects.filter(user=user, email=asked.email, verified=False).exists():
        return
    if EmailAddress.objects.filter(email=asked.email, verified=True).exists():
        link = {"link": absolute(reverse("account_login"))}
        queue("address_taken", to=asked.email, context=link)
        return
    proof.mail(
        user=user,
        purpose=Proof.Purpose.VERIFY_EMAIL,
        email=asked.email,
        message="verify_added_address",
        page="account_confirm_email",
        context={"account": user.email},
    )
    _record(Action.EMAIL_VERIFICATION_SEND, user, facts, personal={"email": asked.email})


def _ended_meanwhile(asked: MailRequest, user: User) -> bool:
    """All access ended after somebody in the account asked: nobody knows whether it was its owner."""
    return user.access_revoked_at is not None and asked.created_at <= user.access_revoked_at


def make_primary(*, request: HttpRequest, user: User, address_id: int) -> EmailAddress | None:
    """The new main address, or None when it is not a confirmed one of this person."""
    facts = client.facts(request)
    with transaction.atomic():
        _lock(user)
        chosen = EmailAddress.objects.filter(pk=address_id, user=user, verified=True, primary=False).first()
        if chosen is None:
            return None
        former = EmailAddress.objects.get(user=user, primary=True)
        chosen.user = user
        chosen.set_as_primary()
        # A mail already on its way to the former address must not open the account any more.
        proof.end_unused(user, Proof.Purpose.RESET_PASSWORD, Proof.Purpose.SIGN_IN, end=Proof.End.REVOKED)
        _record(
            Action.EMAIL_CHANGE, user, facts, before={"email": former.email}, after={"email": chosen.email}
        )
        _tell_former(former, facts, main=chosen)
        notices.tell(user, "address_is_main", to=chosen.email, context=notices.circumstances(facts))
    return chosen


def remove(*, request: HttpRequest, user: User, address_id: int) -> EmailAddress | None:
    """What was removed; the main address stays, since it is how the person is reached."""
    facts = client.facts(request)
    with transaction.atomic():
        _lock(user)
        addresses = EmailAddress.objects.filter(user=user)
        chosen = addresses.filter(pk=address_id, primary=False).first()
        if chosen is None:
            return None
        addresses.filter(pk=chosen.pk).delete()
        proof.end_unused(
            user,
            Proof.Purpose.VERIFY_EMAIL,
            Proof.Purpose.RESET_PASSWORD,
            Proof.Purpose.SIGN_IN,
            email=chosen.email,
            end=Proof.End.REVOKED,
        )
        _record(Action.EMAIL_REMOVE, user, facts, personal={"email": chosen.email})
        if chosen.verified:
            _tell_former(chosen, facts, main=addresses.get(primary=True))
    return chosen


def undo(*, token: str, facts: Facts) -> proof.Secrets | None:
    """The account goes back to the address that was left: all access ends, and only that mailbox can open it again.

    Answers the secret with which its reader chooses a new password, or None when the link is no longer good.
    """
    with transaction.atomic():
        found = proof.find(token, UNDO)
        if found is None or last_word.is_taken(found):
            return None
        spent = proof.spend_link(token, UNDO)
        if spent is None:
            return None
        unproved.give_way(email=spent.email, owner=spent.user)
        user, former = spent.user, spent.user.email
        # Whoever changed it may have added others, so none of them is kept.
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=spent.email, verified=True, primary=True)
        user.email, user.locked_at = spent.email, timezone.now()
        user.save(update_fields=["email", "locked_at"])
        _record(Action.EMAIL_CHANGE_UNDO, user, facts, before={"email": former}, after={"email": user.email})
        last_word.give_to(user, user.email)
        access.revoke(
            user, reason=Reason.EMAIL_CHANGE_UNDONE, actor=user, facts=facts, since=spent.created_at
        )
        return proof.issue(user=user, purpose=Proof.Purpose.RESET_PASSWORD, email=user.email)


def _tell_former(address: EmailAddress, facts: Facts, *, main: EmailAddress) -> None:
    """With a link that undoes the change, if this mailbox has the last word; otherwise it loses what it had of it."""
    user, context = address.user, {**notices.circumstances(facts), "main": main.email}
    if not last_word.has(address, main=main):
        proof.end_unused(user, *proof.PROTECTIVE, email=address.email, end=Proof.End.REVOKED)
        notices.tell(user, "address_changed", to=address.email, context=context)
        return
    proof.mail(
        user=user,
        purpose=UNDO,
        email=address.email,
        message="address_changed",
        page="accounts:undo-email-change",
        context=context,
    )


def _lock(user: User) -> None:
    access.hold(user)
    user.refresh_from_db()


def _record(action: Action, user: User, facts: Facts, **details: Any) -> None:
    log.record(action, actor=user.public_id, person=user.public_id, facts=facts, **details)
