from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit import chain, keys, log, privacy, verification
from audit.actions import Action
from audit.models import Event, Seal
from audit.verification import Fault, FaultKind, verify
from tests.audit.cast import ACME, ALICE, BOB, FACTS

pytestmark = pytest.mark.django_db
Tamper = Callable[..., None]
Clock = Callable[[timedelta], None]

OLD_RING = "b2xkLXJpbmctb2xkLXJpbmctb2xkLXJpbmctb2xkLSE="
FORGED = (
    "INSERT INTO audit_event (id, at, action, outcome, actor_kind, target_kind, target_id, request_id, changes, data)"
    " VALUES (%s, {}, 'account:sign-in:succeed', 'success', 'system', '', '', '', '[]', '{{}}')"
)

CHANGES = [
    "action = 'account:sign-out'",
    "outcome = 'refused'",
    "at = at - interval '1 microsecond'",
    "at = 'infinity'",
    "actor_kind = 'system'",
    "actor = person",
    "actor = NULL",
    "person = NULL",
    "organization = NULL",
    "organization = NULL, target_id = organization::text",
    "target_kind = '', target_id = '7outbox'",
    "target_id = '8'",
    "request_id = ''",
    """changes = '["names"]'""",
    "data = data - 'message'",
    "data = jsonb_set(data, '{ratio}', '0.10000000000000000001')",
    "key_id = NULL",
    "personal = personal || '\\x00'",
    "personal = NULL",
]
SEAL_CHANGES = [
    "event_ids = event_ids || event_ids",
    "leaves = sha256(leaves)",
    "count = count + 1",
    "highest = highest + 1",
    "complete_at = NULL",
    "sealed_at = sealed_at - interval '1 microsecond'",
    "digest = sha256(digest)",
    "previous = sha256(previous)",
]


@pytest.fixture
def ids(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Five events in three seals; the last event fills every column."""
    monkeypatch.setattr(chain, "BATCH", 2)
    events = [
        log.record(Action.SIGN_IN, actor=ALICE, person=ALICE, facts=FACTS, data={"methods": ["password"]})
        for _ in range(4)
    ]
    events.append(
        log.record(
            Action.MAIL_RESEND,
            actor=BOB,
            person=ALICE,
            organization=ACME,
            target=("outbox", "7"),
            facts=FACTS,
            data={"message": "welcome", "ratio": 0.1},
            before={"name": "Ann"},
            after={"name": "Al"},
        )
    )
    chain.seal()
    return [event.pk for event in events]


def fault() -> tuple[FaultKind, int]:
    with pytest.raises(Fault) as caught:
        verify()
    return caught.value.kind, caught.value.number


def test_an_honest_log_is_intact(ids: list[int]) -> None:
    log.record(Action.SIGN_OUT, person=ALICE)
    report = verify()
    assert (report.events, report.seals, report.waiting) == (5, 3, 1)
    assert report.head == bytes(Seal.objects.latest("id").digest).hex()


def test_an_empty_log_is_intact() -> None:
    report = verify()
    assert (report.events, report.seals, report.waiting, report.head) == (0, 0, 0, "00" * 32)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_any_column_is_found(ids: list[int], tamper: Tamper, change: str) -> None:
    tamper(f"UPDATE audit_event SET {change.replace('%', '%%')} WHERE id = %s", ids[-1])  # noqa: S608
    assert fault() == (FaultKind.ALTERED, ids[-1])


def test_every_column_takes_part_in_that_test() -> None:
    columns = {field.column for field in Event._meta.concrete_fields}
    assert columns - {change.partition(" = ")[0] for change in CHANGES} == {"id"}


def test_nothing_and_an_empty_value_are_told_apart(tamper: Tamper) -> None:
    event = log.record(Action.SIGN_IN)
    chain.seal()
    tamper("UPDATE audit_event SET personal = ''")
    assert fault() == (FaultKind.ALTERED, event.pk)


def test_the_first_of_several_faults_is_named(ids: list[int], tamper: Tamper) -> None:
    tamper("UPDATE audit_event SET request_id = '?' WHERE id = ANY(%s)", [ids[3], ids[1]])
    assert fault() == (FaultKind.ALTERED, ids[1])


@pytest.mark.parametrize("position", [0, 2, 4])
def test_a_deleted_event_is_missed(ids: list[int], tamper: Tamper, position: int) -> None:
    tamper("DELETE FROM audit_event WHERE id = %s", ids[position])
    assert fault() == (FaultKind.MISSING, ids[position])


def test_an_emptied_log_is_missed(ids: list[int], tamper: Tamper) -> None:
    tamper("TRUNCATE audit_event")
    assert fault() == (FaultKind.MISSING, ids[0])


def test_a_renumbered_event_is_missed(ids: list[int], tamper: Tamper) -> None:
    tamper("UPDATE audit_event SET id = -1 WHERE id = %s", ids[3])
    assert fault() == (FaultKind.MISSING, ids[3])


@pytest.mark.parametrize("number", [-(2**63), 0, 2**62])
def test_an_event_inserted_with_an_old_time_is_found(ids: list[int], tamper: Tamper, number: int) -> None:
    tamper(FORGED.format("now() - interval '16 minutes'"), number)
    chain.seal()
    assert fault() == (FaultKind.INSERTED, number)


def test_an_event_inserted_in_place_of_another_is_found(ids: list[int], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_event WHERE id = %s", ids[0])
    tamper(FORGED.format("now() - interval '1 hour'"), ids[0])
    assert fault() == (FaultKind.ALTERED, ids[0])


def test_an_event_behind_the_reach_of_the_sealer_is_found_as_time_goes_on(
    ids: list[int], tamper: Tamper, sealer_clock: Clock
) -> None:
    sealer_clock(timedelta(minutes=20))
    chain.seal()
    tamper(FORGED.format("now() + interval '20 minutes'"), 0)
    assert verify().waiting == 1
    sealer_clock(timedelta(minutes=40))
    chain.seal()
    assert fault() == (FaultKind.INSERTED, 0)


@pytest.mark.parametrize("change", SEAL_CHANGES)
def test_a_change_of_any_column_of_a_seal_is_found(ids: list[int], tamper: Tamper, change: str) -> None:
    tamper(f"UPDATE audit_seal SET {change} WHERE id = 3")  # noqa: S608
    assert fault() == (FaultKind.SEAL_ALTERED, 3)


def test_every_column_of_the_seal_takes_part_in_that_test() -> None:
    columns = {field.column for field in Seal._meta.concrete_fields}
    assert columns - {change.partition(" = ")[0] for change in SEAL_CHANGES} == {"id", "key_id"}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", 9),
        ("previous", bytes(32)),
        ("event_ids", [9]),
        ("leaves", bytes(32)),
        ("count", 9),
        ("highest", 9),
        ("complete_at", None),
        ("sealed_at", timezone.now()),
    ],
)
def test_the_digest_of_a_seal_covers_every_column(ids: list[int], column: str, value: object) -> None:
    seal = Seal.objects.get(id=3)
    assert seal.computed_digest() == bytes(seal.digest)
    setattr(seal, column, value)
    assert seal.computed_digest() != bytes(seal.digest)


def test_a_seal_that_names_an_unknown_key_is_found(ids: list[int], tamper: Tamper) -> None:
    tamper("UPDATE audit_seal SET key_id = '\\x00000000' WHERE id = 2")
    assert fault() == (FaultKind.KEY_MISSING, 2)


@pytest.mark.parametrize("number", [1, 2])
def test_a_deleted_seal_is_missed(ids: list[int], tamper: Tamper, number: int) -> None:
    tamper("DELETE FROM audit_seal WHERE id = %s", number)
    assert fault() == (FaultKind.SEAL_MISSING, number)


def test_closing_the_gap_does_not_hide_a_deleted_seal(ids: list[int], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_seal WHERE id = 2")
    tamper(
        "UPDATE audit_seal SET id = 2, previous = (SELECT digest FROM audit_seal WHERE id = 1) WHERE id = 3"
    )
    assert fault() == (FaultKind.SEAL_ALTERED, 2)


def test_a_genuine_seal_of_another_history_does_not_fit(ids: list[int], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_seal WHERE id > 1")
    chain.seal()
    tamper("CREATE TEMP TABLE other AS SELECT * FROM audit_seal WHERE id = 3")
    tamper("DELETE FROM audit_seal WHERE id > 1")
    chain.seal()
    tamper("DELETE FROM audit_seal WHERE id = 3")
    tamper("INSERT INTO audit_seal SELECT * FROM other")
    assert fault() == (FaultKind.SEAL_ALTERED, 3)


def test_a_head_noted_earlier_is_found_again(ids: list[int]) -> None:
    head = bytes.fromhex(verify().head)
    log.record(Action.SIGN_IN)
    chain.seal()
    assert verify(head=head).events == 6


def test_an_end_cut_off_and_sealed_anew_lacks_the_head(ids: list[int], tamper: Tamper) -> None:
    head = bytes.fromhex(verify().head)
    tamper("DELETE FROM audit_seal WHERE id > 1")
    tamper("UPDATE audit_event SET outcome = 'refused' WHERE id = %s", ids[4])
    chain.seal()
    verify()
    with pytest.raises(Fault) as caught:
        verify(head=head)
    assert caught.value.kind == FaultKind.HEAD_MISSING


def test_an_end_cut_off_and_sealed_anew_leaves_a_gap(
    ids: list[int], sealer_clock: Clock, tamper: Tamper
) -> None:
    for minutes in (15, 30, 45, 60):
        sealer_clock(timedelta(minutes=minutes))
        chain.seal()
    assert verify().longest_gap < timedelta(minutes=16)
    tamper("DELETE FROM audit_seal WHERE id > 4")
    chain.seal()
    assert verify().longest_gap > timedelta(minutes=44)
    assert verify().seal_after_gap == 5


def test_an_erasure_leaves_the_log_intact(ids: list[int]) -> None:
    privacy.erase(ALICE)
    chain.seal()
    assert verify().events == 6


def test_seals_of_a_rotated_key_stay_valid(ids: list[int], settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD_RING, *settings.FIELD_ENCRYPTION_KEYS]
    keys.rotate()
    log.record(Action.SIGN_IN, person=ALICE, facts=FACTS)
    chain.seal()
    assert verify().events == 6
    assert len({bytes(seal.key_id) for seal in Seal.objects.all()}) == 2


def test_a_key_lost_from_the_ring_is_named_as_that(ids: list[int], settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD_RING]
    assert fault() == (FaultKind.KEY_MISSING, 1)


def test_the_time_zone_of_whoever_verifies_does_not_matter(ids: list[int]) -> None:
    with timezone.override("Asia/Tokyo"):
        log.record(Action.SIGN_IN)
        chain.seal()
    assert verify().events == 6


def test_it_reads_page_by_page(ids: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "EVENT_PAGE", 2)
    monkeypatch.setattr(verification, "SEAL_PAGE", 1)
    log.record(Action.SIGN_IN)
    assert (verify().events, verify().waiting) == (5, 1)


def test_a_fault_reads_as_a_sentence() -> None:
    assert str(Fault(FaultKind.MISSING, 17)) == "event 17 is missing, and it had been sealed"
