"""Taking mail out of the outbox: claim, send, and decide what a failure means."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

import structlog
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import OperationalError, connection
from django.utils import timezone

from core.crypto import DecryptionError
from core.metrics import MAIL
from core.models import OutboxMessage

log = structlog.get_logger(__name__)

# Longer than any healthy conversation; a slower one may end in a second copy, with the same Message-ID.
LEASE = timedelta(minutes=2)
GIVE_UP_AFTER = timedelta(days=2)
FIRST_DELAY_SECONDS = 5
LONGEST_DELAY_SECONDS = 900
ERROR_LIMIT = 300

# One statement, so that two workers never hold one mail; SKIP LOCKED, so that they do not wait for each other.
CLAIM = """
UPDATE core_outboxmessage SET state = 'sending', attempts = attempts + 1,
  claimed_until = statement_timestamp() + make_interval(secs => %(lease)s)
WHERE id = (
  SELECT id FROM core_outboxmessage
  WHERE (state IN ('queued', 'deferred') AND not_before <= statement_timestamp())
    OR (state = 'sending' AND claimed_until < statement_timestamp())
  ORDER BY priority, not_before, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, attempts
"""


@dataclass(frozen=True)
class Claim:
    id: int
    attempt: int


class Refused(Exception):
    """The mail itself will never be accepted; others may."""


class Postponed(Exception):
    """Not now: this recipient, or the whole server when `server_down`."""

    def __init__(self, reason: str, *, server_down: bool) -> None:
        super().__init__(reason)
        self.server_down = server_down


_writers: list[Callable[[], object]] = []


def register_writer(write: Callable[[], object]) -> None:
    """`write` is called before each round, for mail of which only the wish is noted so far."""
    _writers.append(write)


def deliver(limit: int = 200) -> int:
    """Sends what is due, most urgent first; stops early when the mail server is down."""
    for write in _writers:
        _write(write)
    sent = 0
    with _mail_server() as server:
        for _ in range(limit):
            claim = _claim()
            if claim is None:
                break
            try:
                _send(claim, server)
            except Refused as error:
                _fail(claim, str(error))
            except Postponed as error:
                _defer(claim, str(error))
                if error.server_down:
                    break
            else:
                _done(claim)
                sent += 1
    return sent


def _write(write: Callable[[], object]) -> None:
    """What waits for a lock, or lost one, is written in the next round; it must not hold up mail that is written."""
    try:
        write()
    except OperationalError as error:
        log.warning("mail_unwritten", error=str(error).partition("\n")[0])


@contextmanager
def _mail_server() -> Iterator[BaseEmailBackend]:
    """One connection for the whole round, opened by the first mail."""
    server = mail.get_connection()
    try:
        yield server
    finally:
        try:
            server.close()
        except (SMTPException, OSError) as error:
            log.info("mail_server_gone", error=type(error).__name__)


def _claim() -> Claim | None:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"lease": LEASE.total_seconds()})
        row = cursor.fetchone()
    return None if row is None else Claim(*row)


def _send(claim: Claim, server: BaseEmailBackend) -> None:
    try:
        row = OutboxMessage.objects.get(pk=claim.id)
        message = EmailMultiAlternatives(
            row.subject, row.text, to=[row.recipient], headers=row.headers, connection=server
        )
        message.attach_alternative(row.html, "text/html")
        # Opened here, it stays open for the next mail; the backend closes what it opened itself.
        server.open()
        message.send()
    except (SMTPException, OSError) as error:
        raise _meaning(error) from error
    except (ValueError, DecryptionError) as error:
        # No header, address or text that could be sent: trying again would not change it.
        raise Refused(_reason(error)) from error


def _meaning(error: Exception) -> Refused | Postponed:
    match error:
        case SMTPRecipientsRefused():
            codes = [code for code, _reply in error.recipients.values()]
            return (
                Refused(_reason(error)) if min(codes) >= 500 else Postponed(_reason(error), server_down=False)
            )
        case SMTPSenderRefused() | SMTPDataError():
            permanent = error.smtp_code >= 500
            return Refused(_reason(error)) if permanent else Postponed(_reason(error), server_down=False)
    return Postponed(_reason(error), server_down=True)


def _reason(error: Exception) -> str:
    """What the server said, without the mail's own text; refused names the recipient, which the row has anyway."""
    if isinstance(error, SMTPResponseException):
        reply = error.smtp_error
        said = reply.decode(errors="replace") if isinstance(reply, bytes) else str(reply)
        return f"{error.smtp_code} {said}"[:ERROR_LIMIT]
    return f"{type(error).__name__}: {error}"[:ERROR_LIMIT]


def _done(claim: Claim) -> None:
    _settle(claim, state=OutboxMessage.State.SENT, sent_at=timezone.now(), last_error="")
    MAIL.labels("sent").inc()


def _fail(claim: Claim, reason: str) -> None:
    _settle(claim, state=OutboxMessage.State.FAILED, last_error=reason)
    MAIL.labels("failed").inc()
    log.warning("mail_failed", outbox_id=claim.id, reason=reason)


def _defer(claim: Claim, reason: str) -> None:
    if OutboxMessage.objects.filter(pk=claim.id, created_at__lt=timezone.now() - GIVE_UP_AFTER).exists():
        _fail(claim, reason)
        return
    wait = delay(claim.attempt)
    _settle(claim, state=OutboxMessage.State.DEFERRED, not_before=timezone.now() + wait, last_error=reason)
    MAIL.labels("deferred").inc()
    log.warning("mail_deferred", outbox_id=claim.id, reason=reason, seconds=round(wait.total_seconds()))


def delay(attempt: int) -> timedelta:
    """Doubles with each attempt; the jitter keeps a queue from coming back all at once."""
    seconds = min(FIRST_DELAY_SECONDS * 2 ** min(attempt - 1, 10), LONGEST_DELAY_SECONDS)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - nothing to guess


def _settle(claim: Claim, **values: object) -> None:
    """Only while the claim is still ours: after its lease another worker may have taken over."""
    OutboxMessage.objects.filter(
        pk=claim.id, state=OutboxMessage.State.SENDING, attempts=claim.attempt
    ).update(claimed_until=None, **values)
