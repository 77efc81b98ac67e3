"""New factors for somebody who lost theirs, so that a convincing voice on the telephone is not enough.

An administrator asks, with a reason. Either a second one confirms, or the person has time to cancel, told at all their
addresses. Then they get a link with which, after their first step, they set up a new factor in place of the old ones.
Until then the old ones protect: at no time is the account without.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import access
from accounts.access import Reason, Revocation
from accounts.flows import notices, proof, provision
from accounts.models import Proof, User
from accounts.pages import preferences
from audit import log
from audit.actions import Action
from core import errors
from core.client import Facts
from core.desk.permissions import SitePermission
from mfa import trust
from mfa.factors import registry
from mfa.flows.changes import Added
from mfa.models import FactorReset

CANCEL, ENROL = Proof.Purpose.CANCEL_FACTOR_RESET, Proof.Purpose.ENROL_FACTOR
End = FactorReset.End
# In the session of the browser in which the link was used: which proof it was.
OPENED = "factor_reset"
NOBODY = Facts("", "", "")


class NotAllowed(errors.Problem):
    status = 403
    code = "factor_reset_not_allowed"
    title = _("This reset is not yours to make")
    detail = _("Nobody resets their own factors, or those of somebody who may do more than they.")


class NothingToReset(errors.Problem):
    status = 409
    code = "factor_reset_not_needed"
    title = _("There is nothing to reset")
    detail = _("This person has no second factor, or a reset for them is under way already.")


class SecondPersonNeeded(errors.Problem):
    status = 403
    code = "factor_reset_second_person"
    title = _("It takes a second administrator")
    detail = _(
        "Whoever asked for it cannot confirm it, nor can somebody whose role is newer than the hold is long."
    )


def ask(*, user: User, actor: User, reason: str, facts: Facts) -> FactorReset:
    _require_reach(actor, user)
    with transaction.atomic():
        User.objects.lock(user.pk)
        stale = timezone.now() - proof.LIFETIME[ENROL]
        _end(open_of(user).filter(released_at__lt=stale), End.EXPIRED)
        if not registry.protects(user) or open_of(user).exists():
            raise NothingToReset
        row = FactorReset.objects.create(
            user=user,
            asked_by=actor,
            reason=reason,
            hold_until=timezone.now() + settings.FACTOR_RESET_HOLD,
        )
        _note(Action.FACTOR_RESET_ASK, row, actor, facts, personal={"reason": reason})
        _tell_everywhere(row)
    return row


def confirm(*, row: FactorReset, actor: User, facts: Facts) -> bool:
    """Whether this was it: of two who confirm at once, one does."""
    _require_reach(actor, row.user)
    if row.asked_by_id == actor.pk or _is_new_at_the_desk(actor):
        raise SecondPersonNeeded
    with transaction.atomic():
        User.objects.lock(row.user.pk)
        waiting = open_of(row.user).filter(pk=row.pk, released_at__isnull=True).first()
        if waiting is None:
            return False
        waiting.confirmed_by = actor
        waiting.save(update_fields=["confirmed_by"])
        _note(Action.FACTOR_RESET_CONFIRM, waiting, actor, facts)
        _release(waiting)
    return True


def _is_new_at_the_desk(actor: User) -> bool:
    """A second account, made for confirming, would be no second person: then the hold is not longer than the wait."""
    since = timezone.now() - settings.FACTOR_RESET_HOLD
    return not actor.is_superuser and not actor.role_grants.live().filter(given_at__lte=since).exists()


def withdraw(*, row: FactorReset, actor: User, facts: Facts) -> bool:
    _require_reach(actor, row.user)
    with transaction.atomic():
        User.objects.lock(row.user.pk)
        withdrawn = _end(open_of(row.user).filter(pk=row.pk), End.WITHDRAWN)
        if withdrawn:
            _end_links(row.user)
            _note(Action.FACTOR_RESET_CANCEL, row, actor, facts)
    return bool(withdrawn)


def cancel(*, token: str, facts: Facts) -> bool:
    """By whoever reads one of the mailboxes: the old factors stay as they are."""
    with transaction.atomic():
        spent = proof.spend_link(token, CANCEL)
        row = open_of(spent.user).first() if spent else None
        if spent is None or row is None:
            return False
        _end(open_of(spent.user), End.CANCELLED)
        _end_links(spent.user)
        _note(Action.FACTOR_RESET_CANCEL, row, spent.user, facts)
        with preferences.of_the_site():
            for address in _addresses(spent.user):
                notices.tell(
                    spent.user, "factor_reset_cancelled", to=address, context=notices.circumstances(facts)
                )
    return True


def release_due(limit: int = 100) -> int:
    """Those whose time to be cancelled is over get their link; each by itself.

    Unless whoever asked may not any more, or the person has risen above them meanwhile: then it is withdrawn.
    """
    due = FactorReset.objects.filter(
        ended_at__isnull=True, released_at__isnull=True, hold_until__lte=timezone.now()
    )
    released = 0
    for row in due.select_related("user").order_by("pk")[:limit]:
        with transaction.atomic():
            User.objects.lock(row.user.pk)
            waiting = open_of(row.user).filter(pk=row.pk, released_at__isnull=True)
            found = waiting.select_related("user", "asked_by").first()
            if found is not None and _may_still(found.asked_by, found.user):
                _release(found)
                released += 1
            elif found is not None:
                _end(waiting, End.WITHDRAWN)
                _end_links(found.user)
                _note(Action.FACTOR_RESET_CANCEL, found, None, NOBODY)
    return released


def opened_in(request: HttpRequest, user: User) -> Proof | None:
    """The link that this browser opened, if it is this person's and everything about it still holds."""
    key = request.session.get(OPENED)
    if key is None:
        return None
    found = Proof.objects.open().filter(pk=key, user=user, purpose=ENROL).first()
    return found if found is not None and open_of(user).filter(released_at__isnull=False).exists() else None


def finish(*, link: Proof, facts: Facts, add: Callable[[], Added | None]) -> Added | None:
    """The old factors go in the moment in which the new one is there, and with them all access there was."""
    user = link.user
    with transaction.atomic():
        User.objects.lock(user.pk)
        row = open_of(user).filter(released_at__isnull=False).first()
        if row is None or not proof.spend(link):
            return None
        registry.end_all(user)
        trust.end_all(user)
        added = add()
        if added is None:
            transaction.set_rollback(True)
            return None
        _end(open_of(user), End.USED)
        _end_links(user)
        _note(Action.FACTOR_RESET_USE, row, user, facts)
        access.revoke(user, reason=Reason.FACTORS_RESET, actor=user, facts=facts)
    return added


def end_revoked(revocation: Revocation) -> int:
    return _end(open_of(revocation.user), End.REVOKED)


def open_of(user: User) -> "QuerySet[FactorReset]":
    return FactorReset.objects.filter(user=user, ended_at__isnull=True)


def _release(row: FactorReset) -> None:
    row.released_at = timezone.now()
    row.save(update_fields=["released_at"])
    with preferences.of_the_site():
        proof.mail(
            user=row.user,
            purpose=ENROL,
            email=row.user.email,
            message="factor_reset_ready",
            page="mfa:use-reset",
        )
    _note(Action.FACTOR_RESET_RELEASE, row, None, NOBODY)


def _tell_everywhere(row: FactorReset) -> None:
    """In the person's language, else the site's: the administrator's is not theirs."""
    with preferences.of_the_site():
        for address in _addresses(row.user):
            proof.mail(
                user=row.user,
                purpose=CANCEL,
                email=address,
                message="factor_reset_asked",
                page="mfa:cancel-reset",
                context={"at": row.hold_until},
            )


def _addresses(user: User) -> list[str]:
    return sorted({user.email, *provision.proved_addresses(user)})


def _end(rows: "QuerySet[FactorReset]", end: FactorReset.End) -> int:
    return rows.update(ended_at=timezone.now(), end=end)


def _end_links(user: User) -> None:
    proof.end_unused(user, CANCEL, ENROL, end=Proof.End.REVOKED)


def _may_still(actor: User | None, user: User) -> bool:
    if actor is None or not actor.reach(SitePermission.FACTORS_RESET).everywhere:
        return False
    return actor.authority.stands_over(user.standing)


def _require_reach(actor: User, user: User) -> None:
    if actor.pk == user.pk or not actor.authority.stands_over(user.standing):
        raise NotAllowed


def _note(
    action: Action, row: FactorReset, actor: User | None, facts: Facts, personal: dict[str, str] | None = None
) -> None:
    log.record(
        action,
        actor=actor.public_id if actor else None,
        person=row.user.public_id,
        facts=facts,
        data={"reset": row.pk},
        personal=personal,
    )
