"""What an administrator does to somebody else's account; each step with its evidence in the same transaction."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.desk.errors import LastOwner, NotNow
from accounts.flows import email, last_word, notices, password, roles
from accounts.models import User
from accounts.pages import preferences
from accounts.sign_in import lockout
from audit import log
from audit.actions import Action
from core.client import Facts
from core.models import OutboxMessage
from core.outbox import queue
from core.site import absolute


def disable(*, user: User, actor: User, facts: Facts, reason: str = "") -> None:
    """The last owner of the site stays, also when two disable each other at once."""
    with transaction.atomic():
        owners, _held = roles.with_owners(user)
        if owners == {user.pk}:
            raise LastOwner
        if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            _record_active(Action.PERSON_DISABLE, user, actor, facts, reason, now=False)
            _tell(user, "account_disabled")
        access.revoke(user, reason=Reason.DISABLED, actor=actor, facts=facts)


def enable(*, user: User, actor: User, facts: Facts, reason: str = "") -> None:
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            _record_active(Action.PERSON_ENABLE, user, actor, facts, reason, now=True)
            _tell(user, "account_enabled", link=absolute(reverse("account_login")))


def end_access(*, user: User, actor: User, facts: Facts) -> int:
    """How many sessions, sign-ins, keys and the like there were."""
    ended = access.revoke(user, reason=Reason.ADMINISTRATOR, actor=actor, facts=facts)
    return sum(ended.values())


def compromised(*, user: User, actor: User, facts: Facts, reason: str, since: datetime | None = None) -> str:
    """All at once: nobody is in any more, nothing opens but a new password, and the owner has the link for that.

    `since` is from when on somebody else was in: factors, connections and addresses that were added since then go as
    well, and the main address is the one from before. Answers to which address the link is on its way.
    """
    with transaction.atomic():
        user.refresh_from_db(from_queryset=User.objects.select_for_update())
        main = user.email
        _lock(user)
        if since is not None:
            last_word.take_back(user, mailbox=last_word.main_at(user, since), since=since)
        changed = {} if user.email == main else {"before": {"email": main}, "after": {"email": user.email}}
        _record(Action.PERSON_COMPROMISE, user, actor, facts, reason, **changed)
        access.revoke(user, reason=Reason.COMPROMISED, actor=actor, facts=facts, since=since)
        lockout.release(user)
        _tell(user, "account_secured")
        _mail_reset(user)
    return str(user.email)


def require_password(*, user: User, actor: User, facts: Facts, reason: str = "") -> None:
    """Only a new one, chosen by mail, opens the account again."""
    with transaction.atomic():
        _lock(user)
        _record(Action.PASSWORD_REQUIRE, user, actor, facts, reason)
        access.revoke(user, reason=Reason.PASSWORD_REQUIRED, actor=actor, facts=facts)
        _mail_reset(user)


def require_proof_of_address(*, user: User, actor: User, facts: Facts, reason: str = "") -> None:
    """At the next sign-in, which they begin anew, a code is mailed to them as it was when they came.

    Only of somebody who has proved one: an account that waits for its first proof may be a stranger's preparation,
    and must go on counting as nobody's.
    """
    with transaction.atomic():
        User.objects.lock(user.pk)
        if not EmailAddress.objects.filter(user=user, verified=True).update(verified=False):
            raise NotNow
        User.objects.filter(pk=user.pk).update(proof_asked_at=timezone.now())
        _record(Action.EMAIL_REQUIRE, user, actor, facts, reason)
        access.revoke(user, reason=Reason.EMAIL_REQUIRED, actor=actor, facts=facts)


def unlock(*, user: User, actor: User | None, facts: Facts | None = None) -> int:
    """Ends the waits that wrong passwords have brought upon a person; answers how many there were."""
    with transaction.atomic():
        ended = lockout.release(user)
        log.record(
            Action.SIGN_IN_UNLOCK,
            actor=actor.public_id if actor else None,
            person=user.public_id,
            facts=facts,
            data={"ended": ended},
        )
    return ended


def send_reset(*, user: User, actor: User, facts: Facts) -> None:
    """An administrator may start it, and never choose the password, nor the language: theirs is not the reader's."""
    with transaction.atomic():
        log.record(Action.PASSWORD_RESET_ASK, actor=actor.public_id, person=user.public_id, facts=facts)
        _mail_reset(user)


def send_verification(*, user: User, actor: User, facts: Facts) -> int:
    """To every address of theirs that waits for its proof; how many those are."""
    waiting = list(EmailAddress.objects.filter(user=user, verified=False))
    with preferences.of_the_site():
        for address in waiting:
            email.send_verification(address=address, facts=facts, actor=actor)
    return len(waiting)


def resend(*, mail: OutboxMessage, actor: User, facts: Facts) -> None:
    with transaction.atomic():
        queue.resend(mail)
        log.record(
            Action.MAIL_RESEND,
            actor=actor.public_id,
            person=mail.person,
            target=("outbox", str(mail.pk)),
            facts=facts,
            data={"message": mail.message},
        )


def _lock(user: User) -> None:
    user.locked_at = timezone.now()
    user.save(update_fields=["locked_at"])


def _mail_reset(user: User) -> None:
    with preferences.of_the_site():
        password.mail_reset(user, email=user.email)


def _tell(user: User, message: str, **context: str) -> None:
    """In the person's language, else the site's: the administrator's is not theirs. Nor is their address shown."""
    with preferences.of_the_site():
        notices.tell(user, message, context={"at": timezone.now(), **context})


def _record_active(action: Action, user: User, actor: User, facts: Facts, reason: str, *, now: bool) -> None:
    _record(action, user, actor, facts, reason, before={"is_active": not now}, after={"is_active": now})


def _record(
    action: Action,
    user: User,
    actor: User,
    facts: Facts,
    reason: str,
    **change: Any,
) -> None:
    log.record(
        action,
        actor=actor.public_id,
        person=user.public_id,
        facts=facts,
        personal={"reason": reason} if reason else None,
        **change,
    )
