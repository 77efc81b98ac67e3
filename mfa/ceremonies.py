"""Questions to browsers that are still open: each is answered once, for its purpose, by its person, in time."""

import re
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from core.retention import delete_in_batches
from mfa.models import Ceremony

Purpose = Ceremony.Purpose
# static/js/passkey.js asks anew before it is over.
LIFETIME = timedelta(minutes=10)
# Ours look like this; what else a browser may say, a column of text need not understand.
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


def begin(purpose: Purpose, user: User | None) -> Ceremony:
    return Ceremony.objects.create(purpose=purpose, user=user, expires_at=timezone.now() + LIFETIME)


def finish(challenge: str, purpose: Purpose, user: User | None) -> Ceremony | None:
    """None unless exactly this was asked and is still open. One statement ends it, which can succeed once."""
    if not CHALLENGE.fullmatch(challenge):
        return None
    rows = Ceremony.objects.filter(challenge=challenge, purpose=purpose, user=user)
    asked = rows.filter(expires_at__gt=timezone.now()).first()
    return asked if asked is not None and rows.filter(pk=asked.pk).delete()[0] else None


def prune() -> int:
    return delete_in_batches(Ceremony.objects.filter(expires_at__lt=timezone.now()))
