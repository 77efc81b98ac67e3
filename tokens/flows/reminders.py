"""Mails before a credential ends: one for each of WARNINGS, whatever kind of credential it is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

# Days before its end at which the owner is told.
WARNINGS = (30, 7, 1)
AT_ONCE = 500


def send(credentials: QuerySet[Any], tell: Callable[[Any], None]) -> int:
    """How many mails went out. What is on its way out already needs none."""
    in_use = credentials.filter(ended_at=None, end="").order_by("expires_at")
    told = 0
    # The nearest first, so that whoever hears of the last day does not hear of the others as well.
    for days in sorted(WARNINGS):
        now, ahead = timezone.now(), timedelta(days=days)
        due = in_use.filter(expires_at__range=(now, now + ahead)).filter(
            Q(warned_for=None) | Q(warned_for__gt=days)
        )
        for credential in due[:AT_ONCE]:
            with transaction.atomic():
                row = credentials.filter(pk=credential.pk, ended_at=None)
                is_first = row.exclude(warned_for__lte=days).update(warned_for=days)
                # Not what was made to live no longer than that.
                if is_first and credential.expires_at - credential.created_at > ahead:
                    tell(credential)
                    told += 1
    return told
