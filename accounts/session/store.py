"""Sessions as rows of our own: whose, since when, from where, and when they end. `SESSION_ENGINE` names this module."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Least, Now
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import Session, User
from accounts.session.limits import NO_LIMITS, Limits
from accounts.sign_in import methods
from accounts.sign_in.allauth_compat import METHODS_KEY
from core import digests
from core.client import Facts

USER_KEY = "_auth_user_id"
# Under this name a session says which sign-in at an outside provider it rests on.
ORIGIN = "origin"
# Written at most this often, so that reading pages does not write to the database.
TOUCH_EVERY = timedelta(minutes=1)


class Timeouts(NamedTuple):
    idle: timedelta
    absolute: timedelta


class SessionStore(DatabaseStore):
    """Django's database store, except that the table sees a digest of the key and knows more about the session."""

    _get_session: Callable[..., dict[str, Any]]

    def __init__(self, session_key: str | None = None, facts: Facts | None = None) -> None:
        super().__init__(session_key)
        self.facts = facts
        self.row: Session | None = None
        self.strict = False
        self.limits = NO_LIMITS
        self.browser_id: int | None = None
        # What this object has written already: a sign-in is saved at once, and again at the end of its request.
        self.written: tuple[object, ...] | None = None

    def begin(self, *, strict: bool, limits: Limits, browser_id: int) -> None:
        """Called where a sign-in completes: how soon this session ends, and in which browser it lives."""
        self.strict, self.limits, self.browser_id = strict, limits, browser_id

    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    @staticmethod
    def digest_of(key: str) -> str:
        return digests.of_token(key)

    @property
    def key_digest(self) -> str | None:
        return self.digest_of(self.session_key) if self.session_key else None

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(pk=self.digest_of(session_key)).exists()

    def _get_new_session_key(self) -> str:
        """Not looked up first, and an insert that fails is not tried again: 165 random bits do not meet twice."""
        return get_random_string(32, VALID_KEY_CHARS)

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(pk=self.digest_of(key)).delete()

    def cycle_key(self) -> None:
        """A new key keeps the age of a signed-in session: absolute limits cannot be stretched by rotation.

        Nor can an end: a session that somebody ended meanwhile must not come back under another key.
        """
        previous = self.row
        if previous is None and self.session_key is None:
            # Never written, and known to nobody: it gets its key when it is.
            return
        if previous is None or previous.user_id is None:
            super().cycle_key()
            return
        with transaction.atomic():
            # The person's row is what the ending of all access locks as well.
            User.objects.lock(previous.user_id)
            if not Session.objects.filter(pk=previous.pk).exists():
                raise SessionInterrupted
            super().cycle_key()
            if self.row and previous.user_id == _user_id(self._get_session()):
                self.row.created_at = previous.created_at
                Session.objects.filter(pk=self.row.pk).update(created_at=previous.created_at)
                self.save()

    def flush(self) -> None:
        super().flush()
        self.row = None

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)
        content = self._content(data)
        if must_create:
            self._insert(data)
        elif content != self.written:
            self._update(data)
        self.written = content

    def touch(self) -> None:
        """Notes that the person is here, which moves the idle limit but never the absolute one."""
        now = timezone.now()
        if self.row is None or now - self.row.last_seen_at < TOUCH_EVERY:
            return
        limits = _timeouts(self.row)
        Session.objects.filter(pk=self.row.pk, last_seen_at__lt=now - TOUCH_EVERY).update(
            last_seen_at=now,
            expire_date=Least(Now() + Value(limits.idle), F("created_at") + Value(limits.absolute)),
        )

    def _get_session_from_db(self) -> Session | None:
        self.row = Session.objects.alive().filter(pk=self.key_digest).first()
        if self.row is None:
            self._session_key = None
        else:
            self.strict, self.browser_id = self.row.strict, self.row.browser_id
            self.limits = Limits(self.row.idle_limit, self.row.absolute_limit)
        return self.row

    def _content(self, data: dict[str, Any]) -> tuple[object, ...]:
        return self.session_key, self.serializer().dumps(data), self.strict, self.limits, self.browser_id

    def _insert(self, data: dict[str, Any]) -> None:
        facts = self.facts
        row = Session(
            session_key=self.digest_of(str(self.session_key)),
            address=facts.address if facts else "",
            device=facts.device[:100] if facts else "",
        )
        self._describe(row, data)
        row.save(force_insert=True)
        self.row = row

    def _update(self, data: dict[str, Any]) -> None:
        row = self.row or Session()
        self._describe(row, data)
        changed = Session.objects.filter(pk=self.key_digest).update(
            session_data=row.session_data,
            user_id=row.user_id,
            methods=row.methods,
            strict=row.strict,
            idle_limit=row.idle_limit,
            absolute_limit=row.absolute_limit,
            browser_id=row.browser_id,
            origin=row.origin,
            expire_date=row.expire_date,
        )
        if not changed:
            raise UpdateError

    def _describe(self, row: Session, data: dict[str, Any]) -> None:
        row.session_data = self.encode(data)
        row.user_id = _user_id(data)
        row.strict = self.strict and row.user_id is not None
        row.idle_limit, row.absolute_limit = self.limits if row.user_id is not None else NO_LIMITS
        row.browser_id = self.browser_id if row.user_id is not None else None
        row.origin = data.get(ORIGIN) if row.user_id is not None else None
        row.methods = methods.spelled(record["method"] for record in data.get(METHODS_KEY, []))
        row.expire_date = _expiry(row)


def key_digest_of(request: HttpRequest) -> str | None:
    """Which row of the table is the session of this request; of a program's sign-in, the id of that."""
    if isinstance(request.session, SessionStore):
        return request.session.key_digest
    return request.session.session_key


def _user_id(data: dict[str, Any]) -> int | None:
    return int(data[USER_KEY]) if USER_KEY in data else None


def _expiry(row: Session) -> datetime:
    now = timezone.now()
    if row.user_id is None:
        return now + settings.SESSION_ANONYMOUS_TIMEOUT
    limits = _timeouts(row)
    return min(now + limits.idle, row.created_at + limits.absolute)


def _timeouts(row: Session) -> Timeouts:
    site = Timeouts(settings.SESSION_IDLE_TIMEOUT, settings.SESSION_ABSOLUTE_TIMEOUT)
    if row.strict:
        site = Timeouts(settings.STAFF_SESSION_IDLE_TIMEOUT, settings.STAFF_SESSION_ABSOLUTE_TIMEOUT)
    return Timeouts(
        idle=min(site.idle, row.idle_limit or site.idle),
        absolute=min(site.absolute, row.absolute_limit or site.absolute),
    )
