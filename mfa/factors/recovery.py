"""Recovery codes: printed once, kept in a drawer, each good for one sign-in when everything else is lost."""

import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.flows import notices
from accounts.models import User
from audit import log
from audit.actions import Action
from core import digests
from core.client import Facts
from core.site import absolute
from mfa.ceremonies import Purpose
from mfa.forms import CodeForm, RecoveryCodeForm
from mfa.models import RecoveryCode

NAME = "recovery"
METHOD = "recovery_code"
IS_BACKUP = True
RESISTS_PHISHING = False
HOW_MANY = 10
FEW = 3
# Neither vowels, so that no words come about, nor letters or digits that look alike.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
# Twenty of twenty letters: 86 bits, which nobody guesses and no copy of the digests gives away.
GROUPS, GROUP = 4, 5
SHOWN = re.compile(rf"[{ALPHABET}]{{{GROUP}}}(-[{ALPHABET}]{{{GROUP}}}){{{GROUPS - 1}}}")


def label() -> str:
    return _("recovery code")


def title() -> str:
    return _("Enter a recovery code")


def hint() -> str:
    return _("One of those you saved when you turned on the second step. Each works once.")


def offer() -> str:
    return _("Use a recovery code")


def form(data: Any = None) -> CodeForm:
    return RecoveryCodeForm(data)


def left(user: User) -> "QuerySet[RecoveryCode]":
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).order_by("pk")


def question(user: User, purpose: Purpose) -> None:
    """A person types it."""


def rows(user: User) -> "QuerySet[RecoveryCode]":
    return left(user)


def check(*, user: User, typed: str, facts: Facts, purpose: Purpose) -> bool:
    """One statement spends it, which can succeed once."""
    found = _find(typed, left(user))
    if found is None or not left(user).filter(pk=found.pk).update(used_at=timezone.now()):
        return False
    remaining = left(user).count()
    log.record(
        Action.RECOVERY_USE,
        actor=user.public_id,
        person=user.public_id,
        facts=facts,
        data={"left": remaining},
    )
    link = absolute(reverse("mfa:factors"))
    context = {**notices.circumstances(facts), "left": remaining, "link": link}
    notices.tell(user, "recovery_code_used", context=context)
    return True


def issue(user: User) -> list[str]:
    """Fresh ones, which end all earlier ones; from here they go to the page that shows them, and nowhere else."""
    fresh = [_new() for _number in range(HOW_MANY)]
    end(user)
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in fresh)
    return fresh


def are_of(user: User, shown: Iterable[str]) -> bool:
    """Whether all of these are codes of this person that still work, spelled as they were shown."""
    known = {code.digest for code in left(user)}
    return all(SHOWN.fullmatch(code) and _digest(code) in known for code in shown)


def end(user: User, *, since: datetime | None = None) -> int:
    rows = RecoveryCode.objects.filter(user=user)
    return (rows if since is None else rows.filter(created_at__gte=since)).delete()[0]


def normal(typed: str) -> str:
    """Small letters, spaces and dashes are forgiven."""
    return "".join(letter for letter in typed.upper() if letter in ALPHABET)


def _new() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _letter in range(GROUP)) for _group in range(GROUPS))


def _find(typed: str, among: Iterable[RecoveryCode]) -> RecoveryCode | None:
    digest, found = _digest(typed), None
    for code in among:
        if hmac.compare_digest(code.digest, digest):
            found = code
    return found


def _digest(code: str) -> str:
    return digests.of_token(normal(code))
