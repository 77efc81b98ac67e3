"""Links and codes in mail: made together, spent once, worthless as soon as a newer one is asked for."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts.flows import notices
from accounts.models import Proof, User
from core import digests
from core.models import Priority
from core.site import absolute

CODE_LENGTH = 8
# Neither vowels, so that no words come about, nor letters that look alike.
CODE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
WRONG_CODES_ALLOWED = 5
Purpose = Proof.Purpose
LIFETIME = {
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(minutes=30),
    Purpose.UNLOCK_SIGN_IN: timedelta(hours=24),
    Purpose.UNDO_EMAIL_CHANGE: timedelta(days=7),
    Purpose.DISOWN_SIGN_IN: timedelta(days=7),
    Purpose.SIGN_IN: timedelta(minutes=15),
    Purpose.CANCEL_FACTOR_RESET: timedelta(days=30),
    Purpose.ENROL_FACTOR: timedelta(hours=24),
}
# Of these a newer one ends the older ones.
ONE_AT_A_TIME = {Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD, Purpose.UNLOCK_SIGN_IN}
# Of these only those that the same browser asked for: a stranger who asks as well ends nobody else's.
ONE_PER_BROWSER = {Purpose.SIGN_IN}
# These give an account back to its owner: whoever took it over must not be able to end them.
PROTECTIVE = {Purpose.UNDO_EMAIL_CHANGE, Purpose.DISOWN_SIGN_IN}


@dataclass(frozen=True)
class Secrets:
    """What goes into the mail and is kept nowhere."""

    token: str

    @property
    def code(self) -> str:
        """It follows from the link, whose page can therefore show it; nobody gets from the code to the link."""
        number = int.from_bytes(hashlib.sha256(f"code:{self.token}".encode()).digest())
        return "".join(
            CODE_ALPHABET[number // len(CODE_ALPHABET) ** place % len(CODE_ALPHABET)]
            for place in range(CODE_LENGTH)
        )

    @property
    def readable_code(self) -> str:
        code, half = self.code, CODE_LENGTH // 2
        return f"{code[:half]}-{code[half:]}"


def issue(
    *, user: User, purpose: Proof.Purpose, email: str, asked_by: str = "", about: datetime | None = None
) -> Secrets:
    """A fresh link and code; earlier ones for the same purpose and mailbox end with it.

    `about` is when what it tells of has happened, where that was not just now.
    """
    fresh = Secrets(digests.new_token())
    with transaction.atomic():
        # The person's row is the lock: of two requests at once, the later one ends the earlier one's link.
        _lock(user)
        if purpose in ONE_AT_A_TIME:
            end_unused(user, purpose, email=email, end=Proof.End.SUPERSEDED)
        elif purpose in ONE_PER_BROWSER:
            end_unused(user, purpose, email=email, asked_by=asked_by, end=Proof.End.SUPERSEDED)
        Proof.objects.create(
            user=user,
            purpose=purpose,
            email=email,
            link_digest=digests.of_token(fresh.token),
            code_digest=_code_digest(fresh.code, purpose),
            asked_by=asked_by,
            created_at=about or timezone.now(),
            expires_at=timezone.now() + LIFETIME[purpose],
        )
    return fresh


def mail(
    *,
    user: User,
    purpose: Proof.Purpose,
    email: str,
    message: str,
    page: str,
    asked_by: str = "",
    about: datetime | None = None,
    context: dict[str, Any] | None = None,
) -> None:
    """Issues a proof and queues the mail that carries it; `page` is the URL name for its link."""
    with transaction.atomic():
        fresh = issue(user=user, purpose=purpose, email=email, asked_by=asked_by, about=about)
        link = absolute(reverse(page, args=[fresh.token]))
        shown = {"link": link, "code": fresh.readable_code, **(context or {})}
        notices.tell(user, message, to=email, context=shown, priority=Priority.URGENT)


def find(token: str, purpose: Proof.Purpose) -> Proof | None:
    """For showing a page. It spends nothing, so a mail scanner may do it any number of times."""
    return (
        Proof.objects.select_related("user")
        .filter(link_digest=digests.of_token(token), purpose=purpose)
        .first()
    )


@transaction.atomic
def spend_link(token: str, purpose: Proof.Purpose) -> Proof | None:
    """The proof, for the one request that gets there first; None for all others."""
    found = find(token, purpose)
    return found if found and _lock(found.user) and _spend(found) else None


@transaction.atomic
def spend(found: Proof) -> bool:
    """For what was found before, and waited for something else."""
    return _lock(found.user) and _spend(found)


@transaction.atomic
def spend_code(
    user: User | None, code: str, purpose: Proof.Purpose, *, email: str, asked_by: str = ""
) -> Proof | None:
    """The same by code; a proof that one browser asked for is taken from no other.

    Every attempt is counted before it is compared, also when it is right; for nobody the same statements run.
    """
    _lock(user)
    chosen = Q(user=user or 0, purpose=purpose, email=email, asked_by=asked_by)
    found = Proof.objects.open().filter(chosen).select_related("user").first()
    counted = Proof.objects.open().filter(chosen, tries__lt=WRONG_CODES_ALLOWED).update(tries=F("tries") + 1)
    if found is None or not counted:
        return None
    right = secrets.compare_digest(_code_digest(normal_code(code), purpose), found.code_digest)
    return found if right and _spend(found) else None


def end_unused(
    user: User,
    *purposes: Proof.Purpose,
    end: Proof.End,
    email: str | None = None,
    asked_by: str | None = None,
) -> int:
    """Ends what nobody used so far, expired or not, for these purposes, or for all that are no protection."""
    unused = Proof.objects.filter(user=user, ended_at__isnull=True)
    unused = unused.filter(purpose__in=purposes) if purposes else unused.exclude(purpose__in=PROTECTIVE)
    if email is not None:
        unused = unused.filter(email=email)
    if asked_by is not None:
        unused = unused.filter(asked_by=asked_by)
    return unused.update(ended_at=timezone.now(), end=end)


def normal_code(typed: str) -> str:
    return "".join(letter for letter in typed.upper() if letter in CODE_ALPHABET)


def _lock(user: User | None) -> bool:
    """Always the person first, then their proofs: whoever locks the other way round waits for ever."""
    return User.objects.lock(user.pk if user else None)


def _spend(proof: Proof) -> bool:
    """One statement that can succeed once."""
    ended = Proof.objects.open().filter(pk=proof.pk).update(ended_at=timezone.now(), end=Proof.End.USED)
    return bool(ended)


def _code_digest(code: str, purpose: str) -> str:
    return digests.of_short_secret(code, purpose=f"proof:{purpose}")
