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
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.access import Revocation
from accounts.flows import notices
from accounts.models import User
from audit import log
from audit.actions import Action, Outcome
from core import client
from core.client import Facts
from tokens import jwt
from tokens.models import Family

PREFIX = "rt_"
SAME_REQUEST = timedelta(seconds=1)
GRACE = timedelta(seconds=10)
NUMBER_BYTES, MAC_BYTES = 4, 32


class RefreshRefused(Exception):
    """`reason` is one of the codes of the API."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Pair:
    access: str
    refresh: str
    family: Family


def begin(*, user: User, methods: list[str], scope: str, facts: Facts) -> Pair:
    """Called where a sign-in completes; the caller has let the person through every stage."""
    now = timezone.now()
    with transaction.atomic():
        family = Family.objects.create(
            user=user,
            methods=" ".join(methods)[:100],
            authenticated_at=now,
            scope=scope,
            address=facts.address,
            device=facts.device[:100],
            expires_at=now + min(settings.REFRESH_IDLE_TIMEOUT, settings.REFRESH_ABSOLUTE_TIMEOUT),
        )
        _record(Action.TOKEN_BEGIN, family, facts)
    return _pair(family)


def refresh(*, token: str, facts: Facts) -> Pair:
    """Raises RefreshRefused; what a refusal ends is committed before it is raised."""
    public_id, number, mac = _parts(token)
    with transaction.atomic():
        rows = Family.objects.select_for_update(of=("self",)).select_related("user")
        family = rows.filter(public_id=public_id).first()
        if family is None or not hmac.compare_digest(_mac(family, number), mac):
            raise RefreshRefused("invalid_token")
        refusal = _refusal(family, number, facts)
        if refusal is None and number == family.number:
            _rotate(family, facts)
    if refusal is not None:
        raise RefreshRefused(refusal)
    return _pair(family)


def end(*, family: Family, reason: Family.End, actor: User | None, facts: Facts | None = None) -> bool:
    with transaction.atomic():
        ended = Family.objects.filter(pk=family.pk, ended_at=None).update(ended_at=timezone.now(), end=reason)
        if ended:
            _record(Action.TOKEN_END, family, facts, actor=actor, reason=reason)
    return bool(ended)


def end_revoked(revocation: Revocation) -> int:
    alive = Family.objects.filter(user=revocation.user, ended_at=None)
    return alive.update(ended_at=timezone.now(), end=Family.End.REVOKED)


def standing(access: jwt.Access) -> Family | None:
    """The sign-in behind an access token, if it still stands: one read, at every request."""
    rows = Family.objects.select_related("user").defer("secret")
    rows = rows.filter(public_id=access.family, ended_at=None)
    family = rows.filter(user__public_id=access.person, user__is_active=True, user__locked_at=None).first()
    return family if family is not None and family.expires_at > timezone.now() else None


def _refusal(family: Family, number: int, facts: Facts) -> str | None:
    """Why not, if not; ends the family where somebody has a copy."""
    now = timezone.now()
    if family.ended_at is not None or not family.user.is_active or family.user.locked_at is not None:
        return "sign_in_ended"
    if family.expires_at <= now:
        return "sign_in_expired"
    if number == family.number:
        return None
    since = now - family.rotated_at
    if number == family.number - 1 and since < SAME_REQUEST:
        return "refresh_repeated"
    if number == family.number - 1 and since < GRACE and _is_same_client(family, facts):
        return None
    family.ended_at, family.end = now, Family.End.REUSED
    family.save(update_fields=["ended_at", "end"])
    _record(Action.TOKEN_REUSE, family, facts, outcome=Outcome.REFUSED)
    notices.tell(family.user, "token_reused", context=notices.circumstances(facts))
    return "token_reused"


def _rotate(family: Family, facts: Facts) -> None:
    now = timezone.now()
    family.number += 1
    family.rotated_at = now
    family.address, family.device = facts.address, facts.device[:100]
    latest = family.created_at + settings.REFRESH_ABSOLUTE_TIMEOUT
    family.expires_at = min(now + settings.REFRESH_IDLE_TIMEOUT, latest)
    family.save(update_fields=["number", "rotated_at", "address", "device", "expires_at"])


def _is_same_client(family: Family, facts: Facts) -> bool:
    same_network = client.network(family.address) == client.network(facts.address)
    return same_network and family.device == facts.device[:100]


def _pair(family: Family) -> Pair:
    access = jwt.issue(person=family.user.public_id, family=family.public_id, scope=family.scope)
    return Pair(access=access, refresh=_token(family), family=family)


# --- How a token is spelled -----------------------------------------------------------------------


def _token(family: Family) -> str:
    number = family.number.to_bytes(NUMBER_BYTES, "big")
    raw = family.public_id.bytes + number + _mac(family, family.number)
    return PREFIX + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _mac(family: Family, number: int) -> bytes:
    data = family.public_id.bytes + number.to_bytes(NUMBER_BYTES, "big")
    return hmac.digest(family.secret.encode(), data, "sha256")


def _parts(token: str) -> tuple[uuid.UUID, int, bytes]:
    text = token.removeprefix(PREFIX)
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise RefreshRefused("invalid_token") from None
    if text == token or len(raw) != 16 + NUMBER_BYTES + MAC_BYTES:
        raise RefreshRefused("invalid_token")
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
