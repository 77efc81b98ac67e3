"""Killing what stands between a sign-up and its mail shows the person no error and loses nothing."""

import time
from collections import Counter

import pytest

from core.models import OutboxMessage
from tests.faults.conftest import Visitor
from tests.machines.celery import CeleryWorker
from tests.machines.machine import Machine
from tests.machines.redis import RedisServer
from tests.machines.smtp import SmtpSink
from tests.machines.waiting import until
from tests.outbox import waiting

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def arrived(sink: SmtpSink) -> Counter[str]:
    return Counter(message["To"] for message in sink.messages)


def sign_up_all(visitor: Visitor, people: list[str]) -> None:
    for person in people:
        started = time.monotonic()
        response = visitor.sign_up(person)
        assert (response.status, response.headers["Location"]) == (302, "/account/confirm-email/")
        assert time.monotonic() - started < 3
        visitor.cookies.clear()


def all_arrive_once(sink: SmtpSink, people: list[str]) -> None:
    until(lambda: len(arrived(sink)) == len(people), "the mail to come out", seconds=40)
    time.sleep(0.5)
    assert arrived(sink) == dict.fromkeys(people, 1)


@pytest.fixture
def people() -> list[str]:
    return [f"p{number}@example.org" for number in range(5)]


def test_what_was_killed_during_a_sign_up_brings_the_mail_out_when_it_is_back(
    visitor: Visitor, redis: RedisServer, worker: CeleryWorker, sink: SmtpSink
) -> None:
    """One after the other, at one site: each time everything works before and after."""
    machines: dict[str, Machine] = {"redis": redis, "worker": worker, "sink": sink}
    for name, broken in machines.items():
        sink.messages.clear()
        first, *others = [f"{name}{number}@example.org" for number in range(5)]
        sign_up_all(visitor, [first])
        until(lambda first=first: arrived(sink) == {first: 1}, f"the first mail before {name}", seconds=30)
        broken.kill()
        sign_up_all(visitor, others)
        assert waiting() == len(others), name
        broken.start()
        deferred = OutboxMessage.objects.filter(state=OutboxMessage.State.DEFERRED)
        deferred.update(not_before="2026-01-01T00:00Z")
        all_arrive_once(sink, [first, *others])


def test_a_redis_that_does_not_answer_slows_nobody_down(
    visitor: Visitor, redis: RedisServer, people: list[str]
) -> None:
    redis.freeze()
    sign_up_all(visitor, people)
    assert visitor.web.request("GET", "/readyz").status == 200
    redis.thaw()
    assert waiting() == len(people)


def test_without_redis_guessing_is_still_limited(visitor: Visitor, redis: RedisServer) -> None:
    redis.kill()
    statuses = [
        visitor.post("/account/login/", login="alice@example.org", password="a wrong one").status
        for _ in range(11)
    ]
    assert statuses == [200] * 5 + [429] * 6


def test_a_worker_killed_again_and_again_sends_every_mail(
    visitor: Visitor, worker: CeleryWorker, sink: SmtpSink, people: list[str]
) -> None:
    """At least once, and any second copy is recognisable by its Message-ID."""
    sign_up_all(visitor, people)
    for _ in range(2):
        worker.kill()
        worker.start()
    # What the dead worker held is free again after its lease; nobody wants to wait for that here.
    OutboxMessage.objects.filter(state=OutboxMessage.State.SENDING).update(claimed_until="2026-01-01T00:00Z")
    until(lambda: len(arrived(sink)) == len(people), "the mail", seconds=40)
    assert len({message["Message-ID"] for message in sink.messages}) == len(people)
