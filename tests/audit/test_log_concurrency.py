import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event as Signal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from audit import chain, keys, log
from audit.actions import Action
from audit.models import Event, Seal
from audit.verification import verify
from tests.audit.cast import ALICE, FACTS

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8
TRANSACTIONS = 40


def with_connection(work: Callable[..., Any], *arguments: Any) -> Any:
    """In a thread: each has a connection of its own, which nobody else closes."""
    try:
        return work(*arguments)
    finally:
        connection.close()


@contextmanager
def under_way(work: Callable[[], Any]) -> Iterator[Signal]:
    """A transaction of another connection that has done its work and commits when told to."""
    done, commit = Signal(), Signal()

    def run() -> None:
        with transaction.atomic():
            work()
            done.set()
            commit.wait(10)

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(with_connection, run)
        assert done.wait(10)
        try:
            yield commit
        finally:
            commit.set()
            future.result()


def sealed() -> list[int]:
    return [event_id for seal in Seal.objects.order_by("id") for event_id in seal.event_ids]


def test_an_event_that_commits_late_is_sealed_late() -> None:
    with under_way(lambda: log.record(Action.SIGN_UP)):
        early = log.record(Action.SIGN_IN).pk
        assert chain.seal() == 1
    assert chain.seal() == 1
    late = Event.objects.of_action(Action.SIGN_UP).get().pk
    assert late < early
    assert sealed() == [early, late]
    assert verify().events == 2


def test_a_sealer_leaves_the_work_to_one_that_is_at_it() -> None:
    log.record(Action.SIGN_IN)
    with under_way(chain.lock):
        assert (chain.seal(), Seal.objects.count()) == (0, 0)
    assert chain.seal() == 1


def test_a_transaction_under_way_does_not_hold_up_others_of_the_same_person() -> None:
    log.record(Action.SIGN_IN, person=ALICE, facts=FACTS)
    with under_way(lambda: log.record(Action.SIGN_IN, person=ALICE, facts=FACTS)):
        keys.cache.clear()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            log.record(Action.SIGN_OUT, person=ALICE, facts=FACTS)


def test_whatever_the_writers_do_everything_is_sealed_exactly_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "BATCH", 20)
    stop = Signal()
    with ThreadPoolExecutor(WRITERS + 2) as pool:
        sealers = [pool.submit(with_connection, keep_sealing, stop) for _ in range(2)]
        writers = [pool.submit(with_connection, keep_writing, number) for number in range(WRITERS)]
        try:
            finish(writers)
        finally:
            stop.set()
        finish(sealers)
    chain.seal()
    expected = set(Event.objects.values_list("id", flat=True))
    assert Counter(sealed()) == Counter(expected)
    assert verify().events == len(expected) > WRITERS * TRANSACTIONS
    assert latecomers(), "no transaction committed late: this run proves nothing"


def keep_sealing(stop: Signal) -> None:
    while not stop.is_set():
        chain.seal()
        time.sleep(0.001)


def keep_writing(number: int) -> None:
    """Short and long transactions, of one event and of several; one in eight is rolled back."""
    dice = random.Random(number)  # noqa: S311 - repeatable, not secret
    for turn in range(TRANSACTIONS):
        with transaction.atomic():
            for _ in range(dice.randint(1, 3)):
                log.record(Action.SIGN_IN, person=UUID(int=1 + turn % 5), facts=FACTS, data={"turn": turn})
                time.sleep(dice.choice([0, 0.01, 0.04]))
            transaction.set_rollback(dice.random() < 1 / 8)


def latecomers() -> int:
    found, highest = 0, 0
    for seal in Seal.objects.order_by("id"):
        found += sum(event_id < highest for event_id in seal.event_ids)
        highest = seal.highest
    return found


def finish(futures: list[Future[Any]]) -> None:
    wait(futures)
    for future in futures:
        future.result()
