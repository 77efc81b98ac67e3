"""`manage.py seed_crowd`: a crowd for trying out what the site is like with many people."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Session, User
from audit import verification
from audit.models import Event
from core.models import OutboxMessage
from identity.local import inhabitants
from identity.local.progress import Progress
from orgs.models import Membership, Organization


def test_it_is_refused_outside_development(settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG=true"):
        call_command("seed_crowd")


@pytest.fixture
def in_batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setattr(inhabitants, "BATCH", 20)
    return []


@pytest.mark.django_db
def test_a_crowd_lives_in_every_table_and_its_log_is_intact(in_batches: list[int]) -> None:
    assert inhabitants.settle(30, in_batches.append) == 30
    assert in_batches == [20, 30]
    assert User.objects.count() == Session.objects.count() == 30
    assert OutboxMessage.objects.count() == 45
    assert Organization.objects.count() == 1
    assert Membership.across_organizations.filter(role="owner").count() == 1
    report = verification.verify()
    assert report.events == Event.objects.count() > 60


@pytest.mark.django_db
def test_it_goes_on_where_it_was_interrupted(in_batches: list[int]) -> None:
    inhabitants.settle(10, in_batches.append)
    assert inhabitants.settle(10, in_batches.append) == 0
    assert inhabitants.settle(15, in_batches.append) == 5
    assert inhabitants.settled() == User.objects.count() == 15


@pytest.mark.django_db
def test_no_mail_of_the_crowd_is_due_and_each_can_be_read(in_batches: list[int]) -> None:
    inhabitants.settle(10, in_batches.append)
    assert {(mail.subject, mail.text, mail.html) for mail in OutboxMessage.objects.all()} == {("Hello",) * 3}
    waiting = [OutboxMessage.State.QUEUED, OutboxMessage.State.SENDING]
    assert not OutboxMessage.objects.filter(state__in=waiting).exists()


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "lines"), [(Screen(), 1), (io.StringIO(), 1)])
def test_progress_is_one_line(stream: Any, lines: int) -> None:
    bar = Progress(40, "People", stream)
    for done in (10, 20, 40):
        bar.reach(done)
    assert stream.getvalue().count("\n") == lines
    assert "100%  40 of 40" in stream.getvalue()
    assert stream.getvalue().count("\r") == (3 if stream.isatty() else 0)
