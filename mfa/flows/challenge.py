"""One try at a person's second factor: taken, refused, or not even looked at."""

from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.flows import notices
from accounts.models import User
from accounts.pages import preferences
from audit import log
from audit.actions import Action, Outcome
from core.client import Facts
from core.models import Priority
from core.site import absolute
from mfa.ceremonies import Purpose
from mfa.errors import TooManyCodes
from mfa.factors.registry import Factor
from mfa.models import Guesses


@dataclass(frozen=True)
class Verdict:
    """`wait` is how many seconds nothing is looked at, not even a right code."""

    accepted: bool = False
    wait: int = 0


def shown(*, user: User, factor: Factor, typed: str, facts: Facts, actor: User | None) -> bool:
    """Whether this was it. Raises TooManyCodes, once what had to be counted is."""
    verdict = attempt(user=user, factor=factor, typed=typed, facts=facts, actor=actor)
    if verdict.wait:
        raise TooManyCodes(verdict.wait)
    return verdict.accepted


def attempt(*, user: User, factor: Factor, typed: str, facts: Facts, actor: User | None) -> Verdict:
    """`actor` is the person once they are signed in; before that, nobody knows who types.

    A refusal is committed with its count, and answered rather than raised, so that it stays counted.
    """
    with transaction.atomic():
        # The person's row is the lock: of many tries at once, each sees what the others have used up.
        if not User.objects.lock(user.pk):
            return Verdict()
        now = timezone.now()
        guesses, _new = Guesses.objects.get_or_create(user=user)
        wait = guesses.seconds_to_wait(now)
        if wait:
            _note_refusal(guesses, user, facts, actor)
            return Verdict(wait=wait)
        purpose = Purpose.PROVE if actor else Purpose.SECOND_FACTOR
        if factor.check(user=user, typed=typed, facts=facts, purpose=purpose):
            guesses.delete()
            return Verdict(accepted=True)
        guesses.count(now)
        _record(Action.SECOND_FACTOR_REFUSE, user, facts, actor, factor=factor.NAME)
        if guesses.owner_should_know(now):
            guesses.told_at = now
            _tell_owner(user, facts)
        guesses.save()
        return Verdict()


def _note_refusal(guesses: Guesses, user: User, facts: Facts, actor: User | None) -> None:
    """The first of each wait: whoever keeps pressing must not fill the log."""
    if not guesses.refusal_noted:
        guesses.refusal_noted = True
        guesses.save(update_fields=["refusal_noted"])
        _record(Action.SECOND_FACTOR_PAUSE, user, facts, actor, failures=guesses.failures)


def _record(action: Action, user: User, facts: Facts, actor: User | None, **data: object) -> None:
    log.record(
        action,
        actor=actor.public_id if actor else None,
        person=user.public_id,
        outcome=Outcome.REFUSED,
        facts=facts,
        data=data,
        by_stranger=actor is None,
    )


def _tell_owner(user: User, facts: Facts) -> None:
    """Whoever typed this knows the password, or sits at a browser that is signed in."""
    context = {**notices.circumstances(facts), "link": absolute(reverse("account_reset_password"))}
    # The language of their browser may be that of a stranger.
    with preferences.of_the_site():
        notices.tell(user, "wrong_codes", context=context, priority=Priority.URGENT)
