"""Refresh tokens: each opens one more step of a sign-in, and is worthless from then on.

Whoever uses one twice is either a client whose answer got lost, or one of two who have the same token:

- within a second of the first use: the same request came twice at once. Refused, and nothing else happens;
- within ten seconds, from the same network and device: the answer got lost. The same successor is given again;
- later, or from elsewhere: somebody has a copy. The whole family ends, and the owner is told.
"""

import base64
import binascii
import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Least
from django.utils import timezone

from accounts.access import Revocation
from accounts.flows import notices
from accounts.flows.sign_ins import SignIn
from accounts.models import User
from accounts.pages import preferences
from accounts.session.limits import NO_LIMITS, Limits
from accounts.sign_in.methods import spelled
from audit import log
from audit.actions import Action, Outcome
from core import client
from core.client import Facts
from tokens import jwt
from tokens.errors import (
    InvalidRefresh,
    RefreshRefused,
    RefreshRepeated,
    SignInEnded,
    SignInExpired,
    TokenReused,
)
from tokens.flows import lines
from tokens.flows.lines import Line
from tokens.models import Family

PREFIX = "rt_"
SAME_REQUEST = timedelta(seconds=1)
GRACE = timedelta(seconds=10)
# Sign-ins of programs that one person can have; those not renewed for longest give way.
AT_MOST = 200
NUMBER_BYTES, MAC_BYTES = 4, 32


@dataclass(frozen=True)
class Pair:
    """`sid` names the sign-in, which lasts until `expires_at` if nothing is renewed before."""

    access: str
    refresh: str
    sid: uuid.UUID
    scope: str
    expires_at: datetime


def begin(
    *,
    user: User,
    methods: list[str],
    scope: str,
    facts: Facts,
    state: dict[str, Any] | None = None,
    limits: Limits = NO_LIMITS,
) -> Pair:
    """Called where a sign-in completes; the caller has let the person through every stage."""
    with transaction.atomic():
        family = Family(
            user=user,
            methods=spelled(methods),
            state=state or {},
            scope=scope,
            address=facts.address,
            device=facts.device[:100],
            strict=user.is_staff,
            idle_limit=limits.idle,
            absolute_limit=limits.absolute,
        )
        family.expires_at = _end_of(family, family.created_at)
        family.save(force_insert=True)
        _record(Action.TOKEN_BEGIN, family, facts, methods=methods)
        _make_room(user)
    return _pair(lines.of(family), family.number, family.expires_at)


def _make_room(user: User) -> None:
    """A program that signs in again and again instead of renewing would leave its owner a list that nobody reads."""
    too_old = Family.objects.filter(user=user, ended_at=None).order_by("-rotated_at").values("pk")[AT_MOST:]
    rows = Family.objects.filter(pk__in=too_old)
    ended = rows.update(ended_at=timezone.now(), end=Family.End.CROWDED)
    if ended:
        log.record(Action.SESSION_END, person=user.public_id, data={"reason": "limit", "ended": ended})


def is_from_somewhere_new(user: User, facts: Facts) -> bool:
    """Whether nobody ever signed in to this account from there by a program like that."""
    earlier = Family.objects.filter(user=user, address=facts.address, device=facts.device[:100])
    return not earlier.exists()


def refresh(*, token: str, facts: Facts) -> Pair:
    """Raises RefreshRefused; what a refusal ends is committed before it is raised."""
    public_id, number, mac = _parts(token)
    line = lines.look(public_id)
    if line is None or not hmac.compare_digest(_mac(public_id, line.secret, number), mac):
        raise InvalidRefresh
    now = timezone.now()
    expires_at = _end_of(line, now)
    # Of several requests with this token, one finds its number still to be the present one.
    if number == line.number and _move_on(line, now, facts, expires_at):
        return _pair(line, number + 1, expires_at)
    return _refresh_again(line, number, facts)


def _refresh_again(line: Line, number: int, facts: Facts) -> Pair:
    """Not the present one, or it has ended: what this means is decided while the row is held."""
    with transaction.atomic():
        rows = Family.objects.select_for_update(of=("self",)).select_related("user")
        family = rows.filter(pk=line.pk).first()
        if family is None:
            raise InvalidRefresh
        refusal = _refusal(family, number, facts)
    if refusal is not None:
        raise refusal
    return _pair(line, family.number, family.expires_at)


def end(*, family: Family, reason: Family.End, actor: User | None, facts: Facts | None = None) -> bool:
    with transaction.atomic():
        ended = Family.objects.filter(pk=family.pk, ended_at=None).update(ended_at=timezone.now(), end=reason)
        if ended:
            _record(Action.TOKEN_END, family, facts, actor=actor, reason=reason)
    return bool(ended)


def end_revoked(revocation: Revocation) -> int:
    """All of a person's, but the one in use that the revocation keeps."""
    alive = Family.objects.filter(user=revocation.user, ended_at=None)
    if revocation.keep is not None:
        alive = alive.annotate(name=Cast("public_id", CharField())).exclude(name=revocation.keep)
    return alive.update(ended_at=timezone.now(), end=Family.End.REVOKED)


def of(user: User) -> QuerySet[Family]:
    """Those that stand, the last used first."""
    rows = Family.objects.filter(user=user, ended_at=None, expires_at__gt=timezone.now())
    return rows.defer("secret", "state").order_by("-rotated_at")


def listed(user: User) -> list[SignIn]:
    """In the list of everything this person is signed in with."""
    return [
        SignIn(
            name=str(family.public_id),
            kind="program",
            device=family.device,
            address=family.address,
            methods=family.methods.split(),
            created_at=family.created_at,
            last_seen_at=family.rotated_at,
            expires_at=family.expires_at,
        )
        for family in of(user)
    ]


def end_named(*, user: User, name: str, actor: User, facts: Facts) -> bool:
    try:
        family = of(user).filter(public_id=uuid.UUID(name)).first()
    except ValueError:
        return False
    return family is not None and end(family=family, reason=Family.End.SIGNED_OUT, actor=actor, facts=facts)


def shorten(users: QuerySet[User], limits: Limits) -> None:
    """New rules hold for sign-ins that are there already. An end only ever comes nearer."""
    idle, absolute = limits
    alive = Family.objects.filter(user__in=users, ended_at=None)
    if idle is not None:
        alive.update(
            idle_limit=Least(F("idle_limit"), Value(idle)),
            expires_at=Least(F("expires_at"), F("rotated_at") + Value(idle)),
        )
    if absolute is not None:
        alive.update(
            absolute_limit=Least(F("absolute_limit"), Value(absolute)),
            expires_at=Least(F("expires_at"), F("created_at") + Value(absolute)),
        )


def _refusal(family: Family, number: int, facts: Facts) -> type[RefreshRefused] | None:
    """Why not, if not; ends the family where somebody has a copy."""
    now = timezone.now()
    if family.ended_at is not None or not family.user.is_active or family.user.locked_at is not None:
        return SignInEnded
    if family.expires_at <= now:
        return SignInExpired
    since = now - family.rotated_at
    if number == family.number:
        # It had ended when we looked first, and stands again since: whoever asks once more gets on.
        return RefreshRepeated
    if number == family.number - 1 and since < SAME_REQUEST:
        return RefreshRepeated
    if number == family.number - 1 and since < GRACE and _is_same_client(family, facts):
        return None
    family.ended_at, family.end = now, Family.End.REUSED
    family.save(update_fields=["ended_at", "end"])
    _record(Action.TOKEN_REUSE, family, facts, outcome=Outcome.REFUSED)
    with preferences.of_the_site():
        notices.tell(family.user, "token_reused", context=notices.circumstances(facts))
    return TokenReused


def _end_of(family: Family | Line, now: datetime) -> datetime:
    idle, absolute = settings.REFRESH_IDLE_TIMEOUT, settings.REFRESH_ABSOLUTE_TIMEOUT
    if family.strict:
        idle, absolute = settings.STAFF_SESSION_IDLE_TIMEOUT, settings.STAFF_SESSION_ABSOLUTE_TIMEOUT
    latest = family.created_at + min(absolute, family.absolute_limit or absolute)
    return min(now + min(idle, family.idle_limit or idle), latest)


def _is_same_client(family: Family, facts: Facts) -> bool:
    same_network = client.network(family.address) == client.network(facts.address)
    return same_network and family.device == facts.device[:100]


def _pair(line: Line, number: int, expires_at: datetime) -> Pair:
    access = jwt.issue(subject=line.person, sid=line.public_id, scope=line.scope)
    return Pair(access, _token(line, number), line.public_id, line.scope, expires_at)


# --- How a token is spelled -----------------------------------------------------------------------


def _token(line: Line, number: int) -> str:
    raw = (
        line.public_id.bytes
        + number.to_bytes(NUMBER_BYTES, "big")
        + _mac(line.public_id, line.secret, number)
    )
    return PREFIX + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _mac(public_id: uuid.UUID, secret: str, number: int) -> bytes:
    data = public_id.bytes + number.to_bytes(NUMBER_BYTES, "big")
    return hmac.digest(secret.encode(), data, "sha256")


def _parts(token: str) -> tuple[uuid.UUID, int, bytes]:
    text = token.removeprefix(PREFIX)
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRefresh from None
    if text == token or len(raw) != 16 + NUMBER_BYTES + MAC_BYTES:
        raise InvalidRefresh
    return uuid.UUID(bytes=raw[:16]), int.from_bytes(raw[16:20], "big"), raw[20:]


def _record(
    action: Action,
    family: Family,
    facts: Facts | None,
    *,
    actor: User | None = None,
    outcome: Outcome = Outcome.SUCCESS,
    **data: object,
) -> None:
    log.record(
        action,
        actor=(actor or family.user).public_id if outcome == Outcome.SUCCESS else None,
        person=family.user.public_id,
        target=("family", str(family.public_id)),
        outcome=outcome,
        facts=facts,
        data=data,
        by_stranger=outcome == Outcome.REFUSED,
    )


def _move_on(line: Line, now: datetime, facts: Facts, expires_at: datetime) -> bool:
    """Whether this was the one that did; the change and its evidence are one statement."""
    event = log.record(
        Action.TOKEN_REFRESH,
        actor=line.person,
        person=line.person,
        target=("family", str(line.public_id)),
        facts=facts,
        change=lines.moving_on(line, now=now, facts=facts, expires_at=expires_at),
    )
    return event.pk is not None
