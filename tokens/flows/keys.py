"""API keys: made once, shown once, known by a digest; what they open is looked up at every use."""

import re
import secrets
import string
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import access
from accounts.access import Revocation
from accounts.api.scopes import Credential, given, spelled
from accounts.flows import notices
from accounts.models import User
from accounts.pages import preferences
from audit import log
from audit.actions import Action, Outcome
from core import digests
from core.client import Facts
from core.site import absolute
from tokens import standing
from tokens.errors import KeyLimit
from tokens.flows import reminders
from tokens.models import ApiKey

PREFIX = "idk_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
# 62^40: 238 bits.
RANDOM, CHECKSUM = 40, 6
# As a scanner for leaked secrets finds it: the last six letters are the CRC-32 of the forty before, in base 62.
SHAPE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{RANDOM + CHECKSUM}}}")
HINT = 8
AT_MOST = 50
OVERLAP = timedelta(hours=1)
# Written at most this often, so that reading does not write.
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Made:
    """`text` is the key itself, which nobody can see again."""

    key: ApiKey
    text: str


def new_text(prefix: str = PREFIX) -> str:
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return prefix + body + _checksum(body)


def is_well_formed(text: str, prefix: str = PREFIX) -> bool:
    """Whether it can be one at all, which costs no query."""
    body = text.removeprefix(prefix)
    if not SHAPE.fullmatch(PREFIX + body) or body == text:
        return False
    return _checksum(body[:RANDOM]) == body[RANDOM:]


def of(user: User) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(user=user, ended_at=None, expires_at__gt=timezone.now()).order_by(
        "-created_at", "-pk"
    )


def create(*, user: User, name: str, scopes: set[str], expires_at: datetime, facts: Facts) -> Made:
    with transaction.atomic():
        access.hold(user)
        if of(user).count() >= AT_MOST:
            raise KeyLimit
        made = _make(user=user, name=name, scope=spelled(scopes), expires_at=expires_at)
        _record(Action.KEY_CREATE, made.key, facts, scope=made.key.scope)
        _tell(made.key, "api_key_made", facts)
    return made


def rotate(*, user: User, public_id: UUID, facts: Facts) -> Made | None:
    """A new one of the same name, scopes and length of life; the old one works for an hour more."""
    with transaction.atomic():
        access.hold(user)
        old = of(user).filter(public_id=public_id).first()
        # What was replaced already has a successor, which can be replaced in turn.
        if old is None or old.end:
            return None
        # Each may have its successor beside it, as long as both work.
        if of(user).count() >= 2 * AT_MOST:
            raise KeyLimit
        now = timezone.now()
        life = min(old.expires_at - old.created_at, settings.API_KEY_LIFETIME)
        made = _make(user=user, name=old.name, scope=old.scope, expires_at=now + life)
        ApiKey.objects.filter(pk=old.pk).update(
            expires_at=min(old.expires_at, now + OVERLAP), end=ApiKey.End.ROTATED
        )
        _record(Action.KEY_ROTATE, old, facts, successor=str(made.key.public_id))
        _tell(made.key, "api_key_made", facts)
    return made


def end(*, user: User, public_id: UUID, facts: Facts, actor: User | None = None) -> bool:
    """By its owner, or at the desk."""
    with transaction.atomic():
        key = _held(user, public_id)
        if key is None:
            return False
        _end(ApiKey.objects.filter(pk=key.pk), ApiKey.End.ENDED)
        _record(Action.KEY_END, key, facts, actor=actor)
    return True


def report(*, text: str, facts: Facts) -> bool:
    """By whoever found it: holding it is proof enough that it has leaked. It dies at once, and its owner is told."""
    if not is_well_formed(text):
        return False
    with transaction.atomic():
        rows = ApiKey.objects.select_for_update(of=("self",)).select_related("user")
        key = rows.filter(digest=digests.of_token(text), ended_at=None).first()
        if key is None:
            return False
        _end(ApiKey.objects.filter(pk=key.pk), ApiKey.End.REPORTED)
        log.record(
            Action.KEY_REPORT,
            person=key.user.public_id,
            target=("api-key", str(key.public_id)),
            outcome=Outcome.SUCCESS,
            facts=facts,
            by_stranger=True,
        )
        with preferences.of_the_site():
            _tell(key, "api_key_reported", facts)
    return True


def opened(text: str, *, address: str) -> standing.Key | None:
    """Whose key this is and what it may do now; notes that it was used, at most once a minute."""
    if not is_well_formed(text):
        return None
    found = standing.key(digests.of_token(text))
    if found is not None:
        _touch(found, address)
    return found


def end_revoked(revocation: Revocation) -> int:
    return _end(ApiKey.objects.filter(user=revocation.user, ended_at=None), ApiKey.End.REVOKED)


def warn() -> int:
    """Tells owners of keys that end soon."""
    return reminders.send(ApiKey.objects.select_related("user"), lambda key: _tell(key, "api_key_ends", None))


def allowed(scopes: set[str]) -> set[str]:
    return set(given(" ".join(scopes), Credential.KEY))


def _make(*, user: User, name: str, scope: str, expires_at: datetime) -> Made:
    text = new_text()
    key = ApiKey.objects.create(
        user=user,
        name=name,
        hint=text[:HINT],
        digest=digests.of_token(text),
        scope=scope,
        expires_at=expires_at,
    )
    return Made(key, text)


def _held(user: User, public_id: UUID) -> ApiKey | None:
    """With the person's row, so that of two who change it at once the second sees what the first did."""
    User.objects.lock(user.pk)
    return of(user).filter(public_id=public_id).first()


def _end(keys: QuerySet[ApiKey], reason: ApiKey.End) -> int:
    return keys.filter(ended_at=None).update(ended_at=timezone.now(), end=reason)


def _touch(found: standing.Key, address: str) -> None:
    now = timezone.now()
    if found.last_used_at is None or now - found.last_used_at >= TOUCH_EVERY:
        ApiKey.objects.filter(pk=found.pk).update(last_used_at=now, last_used_from=address)


def _checksum(body: str) -> str:
    number, letters = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        letters = ALPHABET[digit] + letters
    return letters.rjust(CHECKSUM, ALPHABET[0])


def _record(action: Action, key: ApiKey, facts: Facts, *, actor: User | None = None, **data: object) -> None:
    log.record(
        action,
        actor=(actor or key.user).public_id,
        person=key.user.public_id,
        target=("api-key", str(key.public_id)),
        facts=facts,
        data=data,
        personal={"name": key.name},
    )


def _tell(key: ApiKey, message: str, facts: Facts | None) -> None:
    where = notices.circumstances(facts) if facts else {}
    about = {"key_name": key.name, "ends": key.expires_at, "link": absolute(reverse("tokens:keys"))}
    notices.tell(key.user, message, context={**where, **about})
