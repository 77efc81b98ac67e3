"""What the owner is told of at once, each with a link that gives them the last word."""

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.flows import last_word, proof
from accounts.models import MailRequest, Proof, User
from accounts.pages import preferences
from accounts.sign_in import browsers, lockout
from audit import log
from audit.actions import Action
from core import client
from core.client import Facts


def answer_new_sign_in(asked: MailRequest, facts: Facts) -> None:
    if asked.user is not None:
        _mail(
            asked.user, asked, facts, Proof.Purpose.DISOWN_SIGN_IN, "new_sign_in", "accounts:disown-sign-in"
        )


def answer_lockout(asked: MailRequest, facts: Facts) -> None:
    """Somebody who has no account here is told nothing: there is nothing of theirs to protect."""
    user = User.objects.with_address(asked.email).first()
    if user is not None:
        # Whoever typed the passwords may be a stranger: the language of their browser is not the owner's.
        with preferences.of_the_site():
            _mail(user, asked, facts, Proof.Purpose.UNLOCK_SIGN_IN, "locked_out", "accounts:unlock-sign-in")


def disown(*, token: str, facts: Facts) -> proof.Secrets | None:
    """The owner says that a sign-in was not theirs: the account is locked, everything ends, recovery begins.

    Addresses that were confirmed since go: their mailboxes could open the account again.

    Answers the secret with which they choose a new password, or None when the link is no longer good.
    """
    with transaction.atomic():
        found = proof.find(token, Proof.Purpose.DISOWN_SIGN_IN)
        if found is None or last_word.is_taken(found):
            return None
        spent = proof.spend_link(token, Proof.Purpose.DISOWN_SIGN_IN)
        if spent is None:
            return None
        user = spent.user
        last_word.take_back(user, mailbox=spent.email, since=spent.created_at)
        user.locked_at = timezone.now()
        user.save(update_fields=["locked_at"])
        log.record(Action.SIGN_IN_DISOWN, actor=user.public_id, person=user.public_id, facts=facts)
        access.revoke(user, reason=Reason.DISOWNED, actor=user, facts=facts, since=spent.created_at)
        return proof.issue(user=user, purpose=Proof.Purpose.RESET_PASSWORD, email=user.email)


def unlock(*, token: str, request: HttpRequest) -> User | None:
    """Whoever reads the mailbox may go on trying, also while somebody else keeps failing from the same network."""
    facts = client.facts(request)
    with transaction.atomic():
        spent = proof.spend_link(token, Proof.Purpose.UNLOCK_SIGN_IN)
        if spent is None:
            return None
        lockout.release(spent.user)
        browsers.note(request, spent.user)
        log.record(
            Action.SIGN_IN_UNLOCK, actor=spent.user.public_id, person=spent.user.public_id, facts=facts
        )
        return spent.user


def _mail(
    user: User, asked: MailRequest, facts: Facts, purpose: Proof.Purpose, message: str, page: str
) -> None:
    context = {"at": asked.created_at, "address": facts.address, "device": facts.device}
    # Whatever was added between the sign-in and this mail is as doubtful as what comes later.
    proof.mail(
        user=user,
        purpose=purpose,
        email=user.email,
        message=message,
        page=page,
        about=asked.created_at,
        context=context,
    )
