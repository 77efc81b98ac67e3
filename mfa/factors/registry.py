"""Which second factors there are. Stage, pages and re-authentication ask here, and know no factor by name."""

from datetime import datetime
from typing import Any, Protocol

from accounts.access import Reason, Revocation
from accounts.models import User
from core.client import Facts
from mfa.factors import authenticator, recovery
from mfa.forms import CodeForm


class Factor(Protocol):
    """What every module of a factor has."""

    # In addresses and audit rows.
    NAME: str
    # In the record that a session keeps of how somebody proved who they are.
    METHOD: str
    # Whether it only stands in for another one, and protects nothing by itself.
    IS_BACKUP: bool

    def label(self) -> str: ...

    def title(self) -> str:
        """Of the page that asks for it."""

    def hint(self) -> str: ...

    def offer(self) -> str:
        """The words of the link to that page."""

    def form(self, data: Any = None) -> CodeForm: ...

    def is_set_up(self, user: User) -> bool: ...

    def check(self, *, user: User, typed: str, facts: Facts) -> bool:
        """Spends what was typed, if it is right. In the caller's transaction, which holds the person's row."""

    def is_older_than(self, user: User, moment: datetime) -> bool: ...

    def end(self, user: User) -> int: ...


# The best first.
FACTORS: tuple[Factor, ...] = (authenticator, recovery)
METHODS = frozenset(factor.METHOD for factor in FACTORS)
# After these, nobody knows whether whoever made it all before was the owner.
PREPARED_BY_OTHERS = {Reason.MAILBOX_PROVED}


def of(user: User) -> list[Factor]:
    """What this person can show, best first."""
    return [factor for factor in FACTORS if factor.is_set_up(user)] if protects(user) else []


def protects(user: User) -> bool:
    """Whether this person has to show a second factor at all."""
    return any(factor.is_set_up(user) for factor in FACTORS if not factor.IS_BACKUP)


def chosen(user: User, name: str | None) -> Factor | None:
    """The one with this name if the person has it, else their best."""
    factors = of(user)
    return next((factor for factor in factors if name == factor.NAME), factors[0] if factors else None)


def end_all(user: User) -> int:
    return sum(factor.end(user) for factor in FACTORS)


def end_doubtful(revocation: Revocation) -> int:
    """Those that somebody else may have made, who would keep the owner out with them for good.

    Whoever had a factor before cannot have been given another by a stranger: adding one asks for the one there is.
    """
    user, since = revocation.user, revocation.since
    if revocation.reason in PREPARED_BY_OTHERS:
        return end_all(user)
    if since is None or any(factor.is_older_than(user, since) for factor in FACTORS):
        return 0
    return end_all(user)
