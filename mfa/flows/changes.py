"""Every change of what a person can show: written down, told to the owner, and the end of remembered browsers."""

from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.urls import reverse

from accounts.flows import notices, proof
from accounts.models import Proof, User
from audit import log
from audit.actions import Action
from core.client import Facts
from core.site import absolute
from mfa import requirement, trust
from mfa.errors import LastFactor
from mfa.factors import authenticator, recovery, registry


@dataclass(frozen=True)
class Added:
    """`codes` are there when it was the first factor: to be shown once, and kept nowhere."""

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
        _lock(user)
        is_first = not registry.protects(user)
        if only_as_first and not is_first:
            return None
        # Made before the factor, which the owner can thereby undo: it is younger than their proof.
        disown = _disown_link(user) if is_first else ""
        app = authenticator.add(user=user, secret=secret, typed=typed, name=name)
        if app is None:
            transaction.set_rollback(True)
            return None
        codes = recovery.issue(user) if is_first else []
        _note(Action.FACTOR_ADD, user, facts, factor=authenticator.NAME, name=app.name)
        if is_first:
            _tell(user, "second_step_on", facts, factor_name=app.name, link=disown)
        else:
            _tell(user, "factor_added", facts, factor_name=app.name)
        trust.end_all(user)
    session.pop(authenticator.PENDING, None)
    return Added(name=app.name, codes=codes)


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
        _lock(user)
        name = authenticator.remove(user=user, pk=pk)
        if name is None:
            return None
        required = requirement.is_missing(user)
        if required is not None and required.is_due:
            raise LastFactor
        _note(Action.FACTOR_REMOVE, user, facts, factor=authenticator.NAME, name=name)
        if registry.protects(user):
            _tell(user, "factor_removed", facts, factor_name=name)
        else:
            registry.end_all(user)
            _tell(user, "second_step_off", facts, factor_name=name)
        trust.end_all(user)
    return name


def renew_codes(*, user: User, facts: Facts) -> list[str] | None:
    """None for somebody who has nothing that they could stand in for."""
    with transaction.atomic():
        _lock(user)
        if not registry.protects(user):
            return None
        codes = recovery.issue(user)
        _note(Action.RECOVERY_ISSUE, user, facts)
        _tell(user, "recovery_codes_renewed", facts)
        trust.end_all(user)
    return codes


def _lock(user: User) -> None:
    User.objects.select_for_update().only("pk").get(pk=user.pk)


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
