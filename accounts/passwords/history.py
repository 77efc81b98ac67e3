"""Passwords that a person had before, as the hashes that were replaced.

A comparison costs a hash for each, and its answer tells something. So it belongs to the replacing itself, which happens
only once somebody has proved who they are: it is none of AUTH_PASSWORD_VALIDATORS, which anybody may try. For an
address without an account, and before that proof, nothing is compared, which takes the same time for everybody.
"""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.hashers import check_password, is_password_usable
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import PastPassword, User


def retire(user: User, *, in_favour_of: str) -> None:
    """Remembers the present password, or raises ValidationError when the new one was theirs before.

    Called in the transaction that replaces it, before it does. The row is locked and read anew: of two changes at once,
    the second was allowed for a password that is no longer the present one.
    """
    present = User.objects.select_for_update().values_list("password", flat=True).get(pk=user.pk)
    if present != user.password:
        raise ValidationError(
            _("Your password was changed elsewhere a moment ago."), code="password_changed_meanwhile"
        )
    if any(check_password(in_favour_of, hash_) for hash_ in _remembered(user, present)):
        raise ValidationError(
            _("You have had this password before. Choose one that is new."), code="password_used_before"
        )
    if settings.PASSWORD_HISTORY > 1 and is_password_usable(present):
        PastPassword.objects.create(user=user, hash=present)
    kept = _past(user).values("pk")[: max(settings.PASSWORD_HISTORY - 1, 0)]
    PastPassword.objects.filter(user=user).exclude(pk__in=kept).delete()


def _remembered(user: User, present: str) -> Iterator[str]:
    if settings.PASSWORD_HISTORY == 0:
        return
    if is_password_usable(present):
        yield present
    yield from _past(user).values_list("hash", flat=True)[: settings.PASSWORD_HISTORY - 1]


def _past(user: User) -> QuerySet[PastPassword]:
    return PastPassword.objects.filter(user=user).order_by("-pk")
