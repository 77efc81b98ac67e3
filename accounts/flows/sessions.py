"""Sessions in browsers: of one person, ended one by one, and the oldest where there are too many."""

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Session, User
from audit import log
from audit.actions import Action
from core.client import Facts


def of(user: User) -> QuerySet[Session]:
    return Session.objects.alive().of(user).order_by("-last_seen_at")


def end_one(*, user: User, session_key: str, actor: User, facts: Facts) -> bool:
    """Whether there was such a session of this person; anybody else's is none of theirs."""
    with transaction.atomic():
        ended, _ = Session.objects.of(user).filter(pk=session_key).delete()
        if ended:
            log.record(Action.SESSION_END, actor=actor.public_id, person=user.public_id, facts=facts)
    return bool(ended)


def keep_within_limit(user: User) -> None:
    """The sessions not seen for longest give way to the newest; who is over the limit is decided while signing in."""
    if settings.SESSIONS_PER_PERSON:
        newest = of(user)[settings.SESSIONS_PER_PERSON - 1 :]
        # The session that is beginning is not written yet: it is the one that room is made for.
        ended, _ = Session.objects.filter(pk__in=[row.pk for row in newest]).delete()
        if ended:
            log.record(Action.SESSION_END, person=user.public_id, data={"reason": "limit", "ended": ended})
