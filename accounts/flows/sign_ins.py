"""Everything a person is signed in with: browsers by their sessions, and whatever other apps hand to programs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from accounts import access
from accounts.access import Reason
from accounts.flows import sessions
from accounts.models import Session, User
from accounts.sign_in import methods
from core.client import Facts


@dataclass(frozen=True)
class SignIn:
    """`name` is what it is known under to its owner, and opens nothing."""

    name: str
    kind: Literal["browser", "program"]
    device: str
    address: str
    methods: list[str]
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime

    @property
    def methods_in_words(self) -> str:
        return methods.in_words(self.methods)


@dataclass(frozen=True)
class Others:
    """Sign-ins of another app: those of a person, the end of one, and what the kill switch calls them."""

    of: Callable[[User], list[SignIn]]
    end: Callable[..., bool]
    counted_as: str


_others: list[Others] = []


def register(others: Others) -> None:
    _others.append(others)


def of(user: User) -> list[SignIn]:
    """The last used first."""
    found = [_of_session(row) for row in sessions.of(user)] + [
        row for kind in _others for row in kind.of(user)
    ]
    return sorted(found, key=lambda row: row.last_seen_at, reverse=True)


def end_one(*, user: User, name: str, actor: User, facts: Facts) -> bool:
    """Whether there was such a sign-in of this person; anybody else's is none of theirs."""
    if sessions.end_one(user=user, session_key=name, actor=actor, facts=facts):
        return True
    return any(kind.end(user=user, name=name, actor=actor, facts=facts) for kind in _others)


def end_others(*, user: User, keep: str | None, facts: Facts) -> int:
    ended = access.revoke(user, reason=Reason.SIGN_OUT_EVERYWHERE, actor=user, facts=facts, keep=keep)
    return ended["sessions"] + sum(ended[kind.counted_as] for kind in _others)


def _of_session(row: Session) -> SignIn:
    return SignIn(
        name=row.session_key,
        kind="browser",
        device=row.device,
        address=row.address,
        methods=row.methods.split(),
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expire_date,
    )
