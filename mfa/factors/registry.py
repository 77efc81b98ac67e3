"""Which second factors there are. Stage, pages and re-authentication ask here, and know no factor by name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Count, QuerySet, Value

from accounts.access import Reason, Revocation
from accounts.models import User
from core.client import Facts
from mfa.ceremonies import Purpose
from mfa.factors import authenticator, passkeys, recovery
from mfa.forms import CodeForm


class Factor(Protocol):
    """What every module of a factor has."""

    # In addresses and audit rows.
    NAME: str
    # In the record that a session keeps of how somebody proved who they are.
    METHOD: str
    # Whether it only stands in for another one, and protects nothing by itself.
    IS_BACKUP: bool
    # Whether it is of no use on another site that looks like this one.
    RESISTS_PHISHING: bool

    def label(self) -> str: ...

    def title(self) -> str:
        """Of the page that asks for it."""

    def hint(self) -> str: ...

    def offer(self) -> str:
        """The words of the link to that page."""

    def form(self, data: Any = None) -> CodeForm: ...

    def question(self, user: User, purpose: Purpose) -> dict[str, Any] | None:
        """What a script on the page asks the browser; None where a person types."""

    def rows(self, user: User) -> QuerySet[Any]:
        """What makes it one of this person's."""

    def check(self, *, user: User, typed: str, facts: Facts, purpose: Purpose) -> bool:
        """Spends what was typed, if it is right. In the caller's transaction, which holds the person's row."""

    def end(self, user: User, *, since: datetime | None = None) -> int:
        """All of this kind, or those that were added since then."""


# The best first.
FACTORS: tuple[Factor, ...] = (passkeys, authenticator, recovery)
METHODS = frozenset(factor.METHOD for factor in FACTORS)
PHISHING_RESISTANT = tuple(factor for factor in FACTORS if factor.RESISTS_PHISHING)
# After these, nobody knows whether whoever made it all before was the owner.
PREPARED_BY_OTHERS = {Reason.MAILBOX_PROVED}


def of(user: User) -> list[Factor]:
    """What this person can show, best first."""
    return among(counts(user))


def protects(user: User) -> bool:
    """Whether this person has to show a second factor at all."""
    return bool(of(user))


def counts(user: User) -> dict[str, int]:
    """How many of each kind, by name, in one statement: every sign-in and every home asks."""
    each = [
        factor.rows(user)
        .order_by()
        .annotate(kind=Value(factor.NAME))
        .values("kind")
        .annotate(number=Count("pk"))
        .values_list("kind", "number")
        for factor in FACTORS
    ]
    return dict(each[0].union(*each[1:]))


def among(counted: Mapping[str, int]) -> list[Factor]:
    """What of it can be shown, best first; what only stands in for another is nothing by itself."""
    found = [factor for factor in FACTORS if counted.get(factor.NAME)]
    return found if _protect(found) else []


def _protect(factors: list[Factor]) -> bool:
    return any(not factor.IS_BACKUP for factor in factors)


def chosen(user: User, name: str | None) -> Factor | None:
    """The one with this name if the person has it, else their best."""
    factors = of(user)
    return next((factor for factor in factors if name == factor.NAME), factors[0] if factors else None)


def is_last(user: User, *, of_kind: int) -> bool:
    """Whether one factor, of whose kind there are so many, is all that protects this person."""
    kinds = [factor for factor in of(user) if not factor.IS_BACKUP]
    return of_kind == len(kinds) == 1


def resist_phishing(user: User) -> bool:
    """Whether there is something of that kind that is taken: a suspended passkey is not."""
    return passkeys.usable(user).exists()


def covered_by(proof: Mapping[str, Any] | None, user: User) -> bool:
    """Whether what this sign-in began with was two factors in one, and still is good for it."""
    return proof is not None and passkeys.opens_by_itself(proof, user)


def end_all(user: User) -> int:
    return sum(factor.end(user) for factor in FACTORS)


def end_doubtful(revocation: Revocation) -> int:
    """Those that somebody else may have made, who would come back with them, or keep the owner out for good.

    Also beside older ones: adding a factor asks for the one there is, but a page that only looks like ours hands its
    code on, and a stolen session may have proved it a minute ago.
    """
    user, since = revocation.user, revocation.since
    if revocation.reason in PREPARED_BY_OTHERS:
        return end_all(user)
    if since is None:
        return 0
    ended = sum(factor.end(user, since=since) for factor in FACTORS)
    return ended if protects(user) else ended + end_all(user)
