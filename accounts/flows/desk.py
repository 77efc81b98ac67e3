"""What an administrator does to somebody else's account; each step with its evidence in the same transaction."""

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from accounts import access
from accounts.access import Reason
from accounts.flows import notices, password
from accounts.models import User
from accounts.sign_in import lockout
from audit import log
from audit.actions import Action
from core.client import Facts
from core.models import OutboxMessage
from core.outbox import queue
from core.site import absolute


def disable(*, user: User, actor: User, facts: Facts) -> bool:
    """Whether it was done: the last administrator stays, also when two disable each other at once."""
    with transaction.atomic():
        if _is_last_administrator(user):
            return False
        if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            log.record(Action.PERSON_DISABLE, actor=actor.public_id, person=user.public_id, facts=facts)
            _tell(user, "account_disabled")
        access.revoke(user, reason=Reason.DISABLED, actor=actor, facts=facts)
    return True


def _is_last_administrator(user: User) -> bool:
    administrators = User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk")
    return {row.pk for row in administrators} == {user.pk}


def enable(*, user: User, actor: User, facts: Facts) -> None:
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            log.record(Action.PERSON_ENABLE, actor=actor.public_id, person=user.public_id, facts=facts)
            _tell(user, "account_enabled", link=absolute(reverse("account_login")))


def _tell(user: User, message: str, **context: str) -> None:
    """In the person's language, else the site's: the administrator's is not theirs. Nor is their address shown."""
    with translation.override(settings.LANGUAGE_CODE):
        notices.tell(user, message, context={"at": timezone.now(), **context})


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
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        log.record(Action.PASSWORD_RESET_ASK, actor=actor.public_id, person=user.public_id, facts=facts)
        password.mail_reset(user, email=user.email)


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
