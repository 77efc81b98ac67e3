"""Mail cannot get lost: it is a row first, and a failure is never the end unless it is final."""

import json
import smtplib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from core.models import OutboxMessage, Priority
from core.outbox import broker, delivery
from core.outbox.delivery import Postponed, Refused, delay, deliver
from core.outbox.queue import queue, render, resend
from core.redis import connect
from core.retention import prune
from tests.machines.smtp import SmtpSink

State = OutboxMessage.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings: Any) -> Iterator[SmtpSink]:
    with SmtpSink() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running


def put(to: str = "alice@example.org", **options: Any) -> None:
    queue("verify_email", to=to, context={"email": to, "link": "https://example.org/x"}, **options)


def due_again() -> None:
    OutboxMessage.objects.update(not_before=timezone.now())


# --- Putting in -------------------------------------------------------------------------------------


def test_a_mail_waits_as_a_row() -> None:
    put()
    row = OutboxMessage.objects.get()
    assert (row.state, row.attempts, row.recipient) == (State.QUEUED, 0, "alice@example.org")
    assert "https://example.org/x" in row.text
    assert "https://example.org/x" in row.html


def test_a_rollback_takes_the_mail_with_it() -> None:
    with transaction.atomic():
        put()
        transaction.set_rollback(True)
    assert not OutboxMessage.objects.exists()


def test_a_dedupe_key_lets_one_through() -> None:
    for _ in range(3):
        put(dedupe_key="reminder:1")
    put(dedupe_key="reminder:2")
    assert OutboxMessage.objects.count() == 2


def test_without_a_dedupe_key_every_mail_counts() -> None:
    put()
    put()
    assert OutboxMessage.objects.count() == 2


def test_a_mail_speaks_its_readers_language() -> None:
    assert '<html lang="fr">' in render("verify_email", context={"link": "x"}, language="fr")["html"]


def test_a_subject_is_one_line() -> None:
    assert "\n" not in render("verify_email", context={}, language="en")["subject"]


def test_nothing_in_a_mail_becomes_markup() -> None:
    texts = render("verify_email", context={"link": '"><script>'}, language="en")
    assert "<script>" not in texts["html"]


def test_a_broker_that_is_away_costs_the_page_no_time(
    django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    settings.BROKER_URL = "redis://127.0.0.1:1/0"
    started = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        put()
    assert time.monotonic() - started < 0.5
    assert broker.breaker.is_open
    assert OutboxMessage.objects.count() == 1


def test_a_broker_that_says_nothing_is_given_up_soon(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.BROKER_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        started = time.monotonic()
        broker.nudge()
        broker.nudge()
        assert time.monotonic() - started < 1


def test_a_nudge_wakes_a_worker_on_the_mail_queue(settings: Any) -> None:
    broker.nudge()
    redis = connect(settings.BROKER_URL)
    (waiting,) = redis.lrange("mail", 0, -1)
    assert json.loads(waiting)["headers"]["task"] == "core.tasks.deliver_mail"


# --- Sending ----------------------------------------------------------------------------------------


def test_it_is_sent_once(sink: SmtpSink) -> None:
    put()
    assert (deliver(), deliver()) == (1, 0)
    (message,) = sink.messages
    row = OutboxMessage.objects.get()
    assert row.state == State.SENT
    assert row.sent_at
    assert message["To"] == "alice@example.org"
    assert message["Message-ID"] == f"<{row.message_id}@localhost>"
    assert message["Auto-Submitted"] == "auto-generated"


def test_it_has_text_and_html(sink: SmtpSink) -> None:
    put()
    deliver()
    kinds = [part.get_content_type() for part in sink.messages[0].walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]


def test_the_urgent_comes_before_the_earlier(sink: SmtpSink) -> None:
    put("bulk@example.org", priority=Priority.BULK)
    put("normal@example.org")
    put("urgent@example.org", priority=Priority.URGENT)
    deliver()
    assert [message["To"] for message in sink.messages] == [
        "urgent@example.org",
        "normal@example.org",
        "bulk@example.org",
    ]


def test_a_temporary_refusal_is_tried_again_later(sink: SmtpSink) -> None:
    put()
    sink.mood = "defer"
    assert deliver() == 0
    row = OutboxMessage.objects.get()
    assert (row.state, row.attempts) == (State.DEFERRED, 1)
    assert row.not_before > timezone.now()
    assert "451" in row.last_error
    sink.mood = "accept"
    assert deliver() == 0
    due_again()
    assert deliver() == 1


def test_a_permanent_refusal_is_not_tried_again(sink: SmtpSink) -> None:
    put()
    sink.mood = "refuse"
    deliver()
    due_again()
    sink.mood = "accept"
    assert deliver() == 0
    row = OutboxMessage.objects.get()
    assert (row.state, row.last_error) == (State.FAILED, "550 No such person")


def test_one_bad_mail_does_not_hold_up_the_others(sink: SmtpSink) -> None:
    put("first@example.org")
    put("second@example.org")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_outboxmessage SET text = 'junk' WHERE recipient = 'first@example.org'")
    assert deliver() == 1
    assert OutboxMessage.objects.filter(state=State.FAILED).count() == 1


def test_a_wish_that_waits_too_long_for_a_lock_does_not_hold_up_what_is_written(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '10ms'")
            cursor.execute("SELECT pg_sleep(5)")

    monkeypatch.setattr(delivery, "_writers", [write])
    put()
    assert deliver() == 1


def test_a_server_that_is_down_costs_one_attempt(sink: SmtpSink) -> None:
    put()
    put()
    sink.stop()
    assert deliver() == 0
    assert sorted(OutboxMessage.objects.values_list("attempts", flat=True)) == [0, 1]
    assert not OutboxMessage.objects.filter(state=State.SENDING).exists()


def test_a_server_that_hangs_is_given_up_soon(sink: SmtpSink, settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 0.3
    put()
    sink.mood = "hang"
    assert deliver() == 0
    assert OutboxMessage.objects.get().state == State.DEFERRED


def test_after_two_days_it_gives_up(sink: SmtpSink) -> None:
    put()
    OutboxMessage.objects.update(created_at=timezone.now() - timedelta(days=3))
    sink.mood = "defer"
    deliver()
    assert OutboxMessage.objects.get().state == State.FAILED


def test_a_claim_that_nobody_finished_is_taken_over(sink: SmtpSink) -> None:
    put()
    OutboxMessage.objects.update(
        state=State.SENDING, attempts=1, claimed_until=timezone.now() - timedelta(seconds=1)
    )
    assert deliver() == 1


def test_a_claim_that_is_fresh_is_left_alone(sink: SmtpSink) -> None:
    put()
    OutboxMessage.objects.update(
        state=State.SENDING, attempts=1, claimed_until=timezone.now() + timedelta(minutes=1)
    )
    assert deliver() == 0


def test_a_worker_that_lost_its_claim_changes_nothing() -> None:
    put()
    row = OutboxMessage.objects.get()
    delivery._settle(delivery.Claim(row.pk, 7), state=State.SENT)
    row.refresh_from_db()
    assert row.state == State.QUEUED


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_mail_once(sink: SmtpSink) -> None:
    for number in range(30):
        put(f"p{number}@example.org")

    def work(_: int) -> int:
        try:
            return deliver()
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        sent = sum(pool.map(work, range(5)))
    assert sent == 30, list(OutboxMessage.objects.exclude(last_error="").values_list("last_error", flat=True))
    assert len({message["To"] for message in sink.messages}) == len(sink.messages) == 30


def test_resending_keeps_the_identity_of_the_mail(sink: SmtpSink) -> None:
    put()
    deliver()
    resend(OutboxMessage.objects.get())
    assert deliver() == 1
    first, second = sink.messages
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize("attempt", range(1, 30))
def test_the_pause_grows_and_is_capped(attempt: int) -> None:
    assert 4 <= delay(attempt).total_seconds() <= 900 * 1.2
    assert delay(attempt) <= delay(attempt + 3) * 1.5


def test_the_pause_is_never_twice_the_same() -> None:
    assert len({delay(3) for _ in range(10)}) > 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b.org": (550, b"no")}), Refused),
        (smtplib.SMTPRecipientsRefused({"a@b.org": (450, b"later")}), Postponed),
        (smtplib.SMTPSenderRefused(550, b"no", "x"), Refused),
        (smtplib.SMTPDataError(451, b"later"), Postponed),
        (smtplib.SMTPServerDisconnected("gone"), Postponed),
        (smtplib.SMTPAuthenticationError(535, b"bad password"), Postponed),
        (smtplib.SMTPNotSupportedError("no STARTTLS"), Postponed),
        (ConnectionRefusedError(), Postponed),
        (TimeoutError(), Postponed),
    ],
)
def test_what_a_failure_means(error: Exception, kind: type[Exception]) -> None:
    assert isinstance(delivery._meaning(error), kind)


def test_without_a_mail_server_development_keeps_the_mail(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    put()
    assert deliver() == 1
    assert mail.outbox == []


def test_old_mail_is_pruned_and_waiting_mail_is_not() -> None:
    for state in (State.SENT, State.FAILED, State.QUEUED, State.DEFERRED):
        put(f"{state}@example.org")
        OutboxMessage.objects.filter(recipient=f"{state}@example.org").update(state=state)
    OutboxMessage.objects.update(created_at=timezone.now() - timedelta(days=8))
    prune()
    assert sorted(OutboxMessage.objects.values_list("state", flat=True)) == [State.DEFERRED, State.QUEUED]
