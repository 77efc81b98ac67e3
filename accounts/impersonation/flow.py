"""Its beginning and its end. Nobody signs in by it: the administrator's own session goes on, and notes the place."""

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import Revocation
from accounts.desk import reach
from accounts.desk.errors import NotNow
from accounts.flows import notices
from accounts.models import Impersonation, User
from accounts.pages import preferences
from audit import log
from audit.actions import Action
from core.client import Facts
from core.desk.permissions import SitePermission

PERMISSION = SitePermission.PEOPLE_IMPERSONATE


def begin(*, user: User, actor: User, facts: Facts, reason: str) -> Impersonation:
    with transaction.atomic():
        User.objects.lock(user.pk)
        user.refresh_from_db()
        if not is_possible(user):
            raise NotNow
        row = Impersonation.objects.create(
            user=user,
            actor=actor,
            reason=reason,
            ends_at=timezone.now() + settings.IMPERSONATION_LIMIT,
        )
        log.record(
            Action.IMPERSONATION_BEGIN,
            actor=actor.public_id,
            person=user.public_id,
            facts=facts,
            data={"impersonation": row.pk},
            personal={"reason": reason},
        )
        with preferences.of_the_site():
            context = {"at": row.began_at, "ends": row.ends_at, "reason": reason}
            notices.tell(user, "impersonation_begun", context=context)
    return row


def is_possible(user: User) -> bool:
    """Never in the place of somebody who works at the desk: that would be a way up."""
    return settings.IMPERSONATION and user.is_active and not (user.is_staff or user.is_superuser)


def still_holds(row: Impersonation) -> bool:
    """Asked at every request: what was allowed when it began may not be any more."""
    if row.ended_at is not None or row.ends_at <= timezone.now() or not is_possible(row.user):
        return False
    return row.actor.is_active and reach.may(row.actor, row.user, PERMISSION)


def end(row: Impersonation, *, facts: Facts | None) -> bool:
    """By whoever it is, by time, or because it does not hold any more; whether it was not over already."""
    with transaction.atomic():
        ended = _end(Impersonation.objects.filter(pk=row.pk))
        if ended:
            log.record(
                Action.IMPERSONATION_END,
                actor=row.actor.public_id,
                person=row.user.public_id,
                facts=facts,
                data={"impersonation": row.pk},
            )
    return bool(ended)


def end_due(limit: int = 100) -> int:
    """Those whose time ran out without another click."""
    due = Impersonation.objects.filter(ended_at=None, ends_at__lte=timezone.now()).order_by("pk")
    return sum(end(row, facts=None) for row in due.select_related("user", "actor")[:limit])


def end_revoked(revocation: Revocation) -> int:
    """Of the person, and of whoever acts in others' places."""
    rows = Impersonation.objects.filter(ended_at=None)
    return _end(rows.filter(user=revocation.user)) + _end(rows.filter(actor=revocation.user))


def begun_by(actor: User, pk: object) -> Impersonation | None:
    """Whether it still holds is another question."""
    if not isinstance(pk, int):
        return None
    rows = Impersonation.objects.filter(pk=pk, actor=actor).select_related("user", "actor")
    row: Impersonation | None = rows.first()
    return row


def _end(rows: "QuerySet[Impersonation]") -> int:
    return rows.filter(ended_at=None).update(ended_at=timezone.now())
