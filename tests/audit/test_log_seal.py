from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import structlog
from django.db import connection
from structlog.testing import LogCapture

from audit import chain, log, tasks
from audit.actions import Action
from audit.models import Event, Seal

pytestmark = pytest.mark.django_db
Tamper = Callable[..., None]
Clock = Callable[[timedelta], None]


def record(count: int = 1) -> list[int]:
    return [log.record(Action.SIGN_IN).pk for _ in range(count)]


def sealed() -> list[int]:
    return [event_id for seal in Seal.objects.order_by("id") for event_id in seal.event_ids]


def insert(tamper: Tamper, *, event_id: int, age: str = "0") -> None:
    """By hand, with a number of one's choice."""
    tamper(
        "INSERT INTO audit_event (id, at, action, outcome, actor_kind, target_kind, target_id, request_id, changes,"
        " data) VALUES (%s, now() - %s::interval, 'forged', 'success', 'system', '', '', '', '[]', '{}')",
        event_id,
        age,
    )


def free_number() -> int:
    """As a transaction under way holds one, or one that was rolled back left one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('audit_event', 'id'))")
        number: int = cursor.fetchone()[0]
    return number


def test_it_seals_what_waits_in_order() -> None:
    ids = record(3)
    assert chain.seal() == 3
    assert sealed() == ids
    assert chain.seal() == 0


def test_seals_are_counted_and_chained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "BATCH", 2)
    ids = record(5)
    assert chain.seal() == 5
    seals = list(Seal.objects.order_by("id"))
    assert [seal.count for seal in seals] == [2, 2, 1]
    assert [seal.id for seal in seals] == [1, 2, 3]
    assert all(bytes(later.previous) == bytes(earlier.digest) for earlier, later in pairwise(seals))
    assert (seals[-1].highest, sealed()) == (ids[-1], ids)


def test_only_the_last_batch_claims_to_have_seen_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "BATCH", 2)
    record(3)
    chain.seal()
    assert [seal.complete_at is not None for seal in Seal.objects.order_by("id")] == [False, True]


def test_a_latecomer_is_sealed_in_a_later_batch(tamper: Tamper) -> None:
    late = free_number()
    ids = record(2)
    chain.seal()
    insert(tamper, event_id=late, age="9 minutes")
    assert chain.seal() == 1
    assert sealed() == [*ids, late]
    assert Seal.objects.order_by("id").last() == Seal.objects.get(highest=ids[-1], event_ids=[late])


def test_more_latecomers_than_a_batch_holds_are_all_sealed(
    tamper: Tamper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "BATCH", 2)
    late = [free_number() for _ in range(5)]
    record()
    chain.seal()
    for number in late:
        insert(tamper, event_id=number)
    assert chain.seal() == 5
    assert sorted(sealed()[1:]) == late


@pytest.mark.parametrize("behind", [True, False])
def test_a_backdated_event_is_never_sealed(tamper: Tamper, *, behind: bool) -> None:
    number = free_number()
    record()
    chain.seal()
    insert(tamper, event_id=number if behind else free_number(), age="16 minutes")
    honest = record()
    assert chain.seal() == 1
    seals = Seal.objects.count()
    assert (chain.seal(), Seal.objects.count()) == (0, seals)
    assert sealed()[1:] == honest


def test_a_number_given_out_long_ago_is_not_looked_at(tamper: Tamper, sealer_clock: Clock) -> None:
    sealer_clock(timedelta(hours=-1))
    number = free_number()
    record()
    chain.seal()
    sealer_clock(timedelta(0))
    record()
    chain.seal()
    insert(tamper, event_id=number)
    assert chain.seal() == 0


def test_after_an_outage_everything_is_sealed(tamper: Tamper, sealer_clock: Clock) -> None:
    under_way = free_number()
    sealer_clock(timedelta(hours=-3))
    record()
    chain.seal()
    sealer_clock(timedelta(0))
    insert(tamper, event_id=under_way, age="3 hours 5 minutes")
    meanwhile = record(3)
    tamper("UPDATE audit_event SET at = now() - interval '2 hours' WHERE id = ANY(%s)", meanwhile)
    assert chain.seal() == 4
    assert Counter(sealed()[1:]) == Counter([under_way, *meanwhile])


def test_a_backlog_is_sealed_although_its_last_batches_are_old(
    tamper: Tamper, sealer_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "BATCH", 2)
    sealer_clock(timedelta(hours=-3))
    record()
    chain.seal()
    sealer_clock(timedelta(0))
    ids = record(5)
    tamper("UPDATE audit_event SET at = now() - interval '2 hours' WHERE id = ANY(%s)", ids)
    assert chain.seal() == 5


def test_a_quiet_time_is_attested_by_an_empty_seal(sealer_clock: Clock) -> None:
    record()
    chain.seal()
    sealer_clock(timedelta(minutes=14))
    assert (chain.seal(), Seal.objects.count()) == (0, 1)
    sealer_clock(timedelta(minutes=16))
    assert (chain.seal(), Seal.objects.count()) == (0, 2)
    assert Seal.objects.latest("id").event_ids == []


def test_an_empty_log_gets_no_seal() -> None:
    assert (chain.seal(), Seal.objects.count()) == (0, 0)


def test_the_head_is_told_to_the_log_of_the_process(
    django_capture_on_commit_callbacks: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = LogCapture()
    monkeypatch.setattr(chain, "log", structlog.wrap_logger(None, processors=[capture]))
    record(2)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.seal()
    (line,) = capture.entries
    assert (line["event"], line["events"]) == ("audit_sealed", 2)
    assert line["head"] == bytes(Seal.objects.get().digest).hex()


def test_a_number_nobody_gave_out_does_not_put_honest_events_behind_it(tamper: Tamper) -> None:
    insert(tamper, event_id=2**62)
    first = record()
    chain.seal()
    second = record()
    chain.seal()
    assert sealed() == first + second


def test_the_task_has_the_name_the_timetable_uses() -> None:
    assert tasks.seal.name == "audit.tasks.seal"


def test_sealing_takes_few_queries(django_assert_max_num_queries: Callable[[int], Any]) -> None:
    record(50)
    chain.seal()
    record(50)
    with django_assert_max_num_queries(16):
        assert chain.seal() == 50


def test_no_event_is_altered_by_being_sealed() -> None:
    record(2)
    before = list(Event.objects.values())
    chain.seal()
    assert list(Event.objects.values()) == before
