"""Every change of what a person can show: written down, told to the owner, and the end of remembered browsers."""

from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.urls import reverse

from accounts import access
from accounts.flows import notices, proof
from accounts.models import Proof, User
from accounts.sign_in import ways_in
from audit import log
from audit.actions import Action, Outcome
from core.client import Facts
from core.site import absolute
from mfa import requirement, trust
from mfa.errors import LastFactor
from mfa.factors import authenticator, passkeys, recovery, registry
from mfa.webauthn import Answer, Refused


class LastWayIn(Exception):
    """Without it nobody would get into the account any more."""


@dataclass(frozen=True)
class Added:
    """`codes` are there when it was the first factor: to be shown once, and kept nowhere."""

    pk: int
    name: str
    codes: list[str]


def add_app(
    *, user: User, session: SessionBase, typed: str, name: str, facts: Facts, only_as_first: bool = False
) -> Added | None:
    """None, and nothing is changed, if the code is wrong or the key on the page has had its time.

    `only_as_first` is for whoever has shown no second factor: beside one that is there, nothing is added.
    """
    secret = authenticator.pending(session, user)
    if secret is None:
        return None
    with transaction.atomic():
        access.hold(user)
        is_first = not registry.protects(user)
        if only_as_first and not is_first:
            return None
        # Made before the factor, which the owner can thereby undo: it is younger than their proof.
        disown = _disown_link(user) if is_first else ""
        app = authenticator.add(user=user, secret=secret, typed=typed, name=name)
        if app is None:
            transaction.set_rollback(True)
            return None
        codes = _added(user, facts, factor=authenticator.NAME, name=app.name, disown=disown)
    session.pop(authenticator.PENDING, None)
    return Added(pk=app.pk, name=app.name, codes=codes)


def add_passkey(*, user: User, answer: Answer, facts: Facts, only_as_first: bool = False) -> Added | None:
    """None if the answer of the device does not hold; the question it answers is used up all the same.

    `only_as_first` is for a sign-in that waits for it: whoever has a factor already has to show that one.
    """
    with transaction.atomic():
        access.hold(user)
        if only_as_first and registry.protects(user):
            return None
        try:
            new = passkeys.made(user=user, answer=answer)
        except Refused as refused:
            _note_refusal(user, facts, refused.reason)
            return None
        is_first = not registry.protects(user)
        disown = _disown_link(user) if is_first else ""
        passkey = passkeys.add(user=user, new=new, answer=answer, facts=facts)
        codes = _added(user, facts, factor=passkeys.NAME, name=passkey.name, disown=disown)
    return Added(pk=passkey.pk, name=passkey.name, codes=codes)


def rename_app(*, user: User, pk: int, name: str, facts: Facts) -> bool:
    with transaction.atomic():
        renamed = authenticator.rename(user=user, pk=pk, name=name)
        if renamed:
            _note(Action.FACTOR_RENAME, user, facts, factor=authenticator.NAME, name=name)
    return renamed


def remove_app(*, user: User, pk: int, facts: Facts) -> str | None:
    """Answers its name. With the last factor the recovery codes go, which only stand in for one.

    Raises LastFactor, and nothing is changed, for somebody who has to have one.
    """
    with transaction.atomic():
        access.hold(user)
        name = authenticator.remove(user=user, pk=pk)
        if name is not None:
            _removed(user, facts, factor=authenticator.NAME, name=name)
    return name


def rename_passkey(*, user: User, pk: int, name: str, facts: Facts) -> bool:
    with transaction.atomic():
        renamed = passkeys.rename(user=user, pk=pk, name=name)
        if renamed:
            _note(Action.FACTOR_RENAME, user, facts, factor=passkeys.NAME, name=name)
    return renamed


def remove_passkey(*, user: User, pk: int, facts: Facts) -> str | None:
    """Answers its name. Raises LastWayIn where nobody would get in any more, and LastFactor as above."""
    with transaction.atomic():
        access.hold(user)
        had_way_in = ways_in.total(user) > 0
        name = passkeys.remove(user=user, pk=pk)
        if had_way_in and not ways_in.total(user):
            raise LastWayIn
        if name is not None:
            _removed(user, facts, factor=passkeys.NAME, name=name)
    return name


def renew_codes(*, user: User, facts: Facts) -> list[str] | None:
    """None for somebody who has nothing that they could stand in for."""
    with transaction.atomic():
        access.hold(user)
        if not registry.protects(user):
            return None
        codes = recovery.issue(user)
        _note(Action.RECOVERY_ISSUE, user, facts)
        _tell(user, "recovery_codes_renewed", facts)
        trust.end_all(user)
    return codes


def _added(user: User, facts: Facts, *, factor: str, name: str, disown: str) -> list[str]:
    """With the first factor, for which there is a link to disown it, come the recovery codes."""
    codes = recovery.issue(user) if disown else []
    _note(Action.FACTOR_ADD, user, facts, factor=factor, name=name)
    _tell(user, "second_step_on" if disown else "factor_added", facts, factor_name=name, link=disown)
    trust.end_all(user)
    return codes


def _removed(user: User, facts: Facts, *, factor: str, name: str) -> None:
    required = requirement.is_missing(user)
    if required is not None and required.is_due:
        raise LastFactor
    _note(Action.FACTOR_REMOVE, user, facts, factor=factor, name=name)
    if registry.protects(user):
        _tell(user, "factor_removed", facts, factor_name=name)
    else:
        registry.end_all(user)
        _tell(user, "second_step_off", facts, factor_name=name)
    trust.end_all(user)


def _note_refusal(user: User, facts: Facts, reason: str) -> None:
    log.record(
        Action.PASSKEY_REFUSE,
        actor=user.public_id,
        person=user.public_id,
        outcome=Outcome.REFUSED,
        facts=facts,
        data={"reason": reason},
    )


def _disown_link(user: User) -> str:
    """A thief who turned on a second step would keep the owner out for good: whoever reads the mailbox can undo it."""
    fresh = proof.issue(user=user, purpose=Proof.Purpose.DISOWN_SIGN_IN, email=user.email)
    return absolute(reverse("accounts:disown-sign-in", args=[fresh.token]))


def _note(action: Action, user: User, facts: Facts, *, factor: str = "", name: str = "") -> None:
    log.record(
        action,
        actor=user.public_id,
        person=user.public_id,
        facts=facts,
        data={"factor": factor} if factor else None,
        personal={"name": name} if name else None,
    )


def _tell(user: User, message: str, facts: Facts, *, link: str = "", **context: str) -> None:
    shown = {**notices.circumstances(facts), "link": link or absolute(reverse("mfa:factors")), **context}
    notices.tell(user, message, context=shown)
