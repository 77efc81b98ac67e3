"""Celery's tasks are three-line shells; each does what its name says."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Session
from accounts.tasks import prune as prune_accounts
from audit import log
from audit.actions import Action
from audit.models import Seal
from audit.tasks import seal
from core.models import OutboxMessage, RateCounter
from core.outbox.queue import queue
from core.tasks import deliver_mail, prune

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=60)


def test_mail_is_delivered() -> None:
    queue("verify_email", to="a@example.org", context={"link": "x"})
    deliver_mail()
    assert OutboxMessage.objects.get().state == OutboxMessage.State.SENT


def test_what_is_over_is_pruned() -> None:
    RateCounter.objects.create(key="k", count=1, ends_at=LONG_AGO)
    Session.objects.create(session_key="0" * 64, session_data="", expire_date=LONG_AGO)
    prune()
    prune_accounts()
    assert not RateCounter.objects.exists()
    assert not Session.objects.exists()


def test_pruning_goes_on_past_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.retention.BATCH", 2)
    for number in range(5):
        RateCounter.objects.create(key=str(number), count=1, ends_at=LONG_AGO)
    prune()
    assert not RateCounter.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_log_is_sealed() -> None:
    log.record(Action.SIGN_UP)
    seal()
    assert Seal.objects.exists()
