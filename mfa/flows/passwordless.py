"""Doing without a password: taking it away, setting one again, and the way back in for whoever lost their passkeys."""

from django.db import transaction
from django.db.models import Exists
from django.urls import reverse

from accounts import access
from accounts.access import Reason
from accounts.flows import notices, password, proof, without_password
from accounts.flows.without_password import Arrangement
from accounts.models import Proof, User
from accounts.passwords import history
from accounts.sign_in import lockout
from audit import log
from audit.actions import Action
from core.client import Facts
from core.site import absolute
from mfa.factors import passkeys, recovery
from mfa.flows import changes
from mfa.webauthn import Answer
from orgs import rules


def register() -> None:
    without_password.register(
        Arrangement(is_that_of=has_passkey, recover="mfa:recover", set_one="mfa:set-password")
    )


def has_passkey(user: User) -> bool:
    """A suspended one too: whoever copied it must not open the way to a password by mail."""
    return passkeys.of(user).exists()


def is_possible(user: User) -> bool:
    """Two passkeys, or one and recovery codes: the loss of one thing must not be the loss of the account."""
    if not user.has_usable_password():
        return False
    several = passkeys.ways_in(user).order_by("pk")[1:2]
    one_and_codes = Exists(passkeys.ways_in(user)) & Exists(recovery.left(user))
    forbidden = rules.governing(user).exclude(ways=[]).exclude(ways__contains=[passkeys.METHOD])
    possible = (Exists(several) | one_and_codes) & ~Exists(forbidden)
    return User.objects.filter(possible, pk=user.pk).exists()


def remove_password(*, user: User, facts: Facts, keep: str | None) -> bool:
    """Whether it was done. What the password opened ends, but for the session in use."""
    with transaction.atomic():
        access.hold(user)
        user.refresh_from_db()
        if not is_possible(user):
            return False
        user.set_unusable_password()
        user.save(update_fields=["password"])
        _note(Action.PASSWORD_REMOVE, user, facts)
        access.revoke(user, reason=Reason.PASSWORD_CHANGED, actor=user, facts=facts, keep=keep)
        _tell(user, "password_removed", facts)
    return True


def set_password(*, user: User, new_password: str, facts: Facts, keep: str | None) -> None:
    """ValidationError, and nothing is changed, when it was theirs before."""
    with transaction.atomic():
        access.hold(user)
        user.refresh_from_db()
        history.retire(user, in_favour_of=new_password)
        password.replace(
            user=user,
            new_password=new_password,
            action=Action.PASSWORD_CHANGE,
            reason=Reason.PASSWORD_CHANGED,
            facts=facts,
            keep=keep,
        )
        _tell(user, "password_set", facts)


def recover(*, token: str, answer: Answer, facts: Facts) -> User | None:
    """The new passkey of somebody who showed mailbox and recovery code; all access that there was ends.

    None, and the link is not spent, if the answer of the device does not hold or the link is over.
    """
    with transaction.atomic():
        found = proof.find(token, Proof.Purpose.RESET_PASSWORD)
        if found is None or without_password.of(found.user) is None:
            return None
        user = found.user
        if changes.add_passkey(user=user, answer=answer, facts=facts) is None:
            return None
        if proof.spend_link(token, Proof.Purpose.RESET_PASSWORD) is None:
            transaction.set_rollback(True)
            return None
        _note(Action.ACCOUNT_RECOVER, user, facts)
        access.revoke(user, reason=Reason.RECOVERED, actor=user, facts=facts)
        User.objects.filter(pk=user.pk).update(locked_at=None)
        lockout.release(user)
        _tell(user, "account_recovered", facts)
        return user


def _note(action: Action, user: User, facts: Facts) -> None:
    log.record(action, actor=user.public_id, person=user.public_id, facts=facts)


def _tell(user: User, message: str, facts: Facts) -> None:
    """With the last word for the mailbox, should it not have been the owner."""
    disown = proof.issue(user=user, purpose=Proof.Purpose.DISOWN_SIGN_IN, email=user.email)
    link = absolute(reverse("accounts:disown-sign-in", args=[disown.token]))
    notices.tell(user, message, context={**notices.circumstances(facts), "link": link})
