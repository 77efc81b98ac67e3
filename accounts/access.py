"""The one kill switch: ends every credential a person holds, whatever app handed it out.

Each app registers its kind of credential in `AppConfig.ready()`; nothing else may end them in bulk.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.flows import proof
from accounts.models import Browser, Proof, Session, User
from audit import log
from audit.actions import Action
from core.api.problems import InvalidToken
from core.client import Facts


class Reason(StrEnum):
    SIGN_OUT_EVERYWHERE = "sign-out-everywhere"
    DISABLED = "disabled"
    ADMINISTRATOR = "administrator"
    MAILBOX_PROVED = "mailbox-proved"
    DISOWNED = "disowned"
    EMAIL_CHANGE_UNDONE = "email-change-undone"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - a reason, no password
    RECOVERED = "recovered"
    FACTORS_RESET = "factors-reset"
    COMPROMISED = "compromised"
    PASSWORD_REQUIRED = "password-required"  # noqa: S105
    EMAIL_REQUIRED = "email-required"
    PASSWORD_RESET = "password-reset"  # noqa: S105


@dataclass(frozen=True)
class Revocation:
    """Whose credentials end, why, and which one may stay: the session the person is using right now.

    `since` is there where somebody else was in: from when on, for those who end what a stranger may have added.
    """

    user: User
    reason: Reason
    keep: str | None = None
    since: datetime | None = None


# What of a person's row tells that access has ended.
ENDS = ("is_active", "locked_at", "access_revoked_at")


class AccessEnded(InvalidToken):
    detail = _("All access to this account has ended just now. Please sign in again.")


def hold(user: User) -> None:
    """The person's row until the transaction ends, by whatever makes something that opens their account later on.

    Raises AccessEnded if all access has ended since `user` was read: the request was let in before that, and would
    leave somebody who was just put out a way back in. Whoever holds other rows too holds this one first.
    """
    # NO KEY is what ending all access waits for; rows that merely point to the person are not kept waiting.
    found = User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list(*ENDS).first()
    if found != tuple(getattr(user, name) for name in ENDS):
        raise AccessEnded


_kinds: dict[str, Callable[[Revocation], int]] = {}


def register(name: str, end: Callable[[Revocation], int]) -> None:
    """`end` finishes all credentials of one kind and answers how many there were."""
    _kinds[name] = end


def kinds() -> list[str]:
    return list(_kinds)


def revoke(
    user: User,
    *,
    reason: Reason,
    actor: User | None,
    facts: Facts | None = None,
    keep: str | None = None,
    since: datetime | None = None,
) -> dict[str, int]:
    with transaction.atomic():
        revocation = Revocation(user=user, reason=reason, keep=keep, since=since)
        user.access_revoked_at = timezone.now()
        user.save(update_fields=["access_revoked_at"])
        ended = {name: end(revocation) for name, end in _kinds.items()}
        log.record(
            Action.ACCESS_REVOKE,
            actor=actor.public_id if actor else None,
            person=user.public_id,
            facts=facts,
            data={"reason": reason, "ended": ended},
        )
    return ended


def end_sessions(revocation: Revocation) -> int:
    sessions = Session.objects.of(revocation.user).except_key(revocation.keep)
    return sessions.delete()[0]


def end_proofs(revocation: Revocation) -> int:
    return proof.end_unused(revocation.user, end=Proof.End.REVOKED)


def end_browsers(revocation: Revocation) -> int:
    browsers = Browser.objects.filter(user=revocation.user)
    if revocation.keep:
        browsers = browsers.exclude(session=revocation.keep)
    return browsers.delete()[1].get("accounts.Browser", 0)
