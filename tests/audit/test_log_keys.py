from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from audit import keys, log, privacy
from audit.actions import Action
from audit.models import Event, PersonKey, Readability
from core import crypto
from tests.audit.cast import ALICE, BOB, CHARLIE, FACTS

NEW = "bmV3LXJpbmctbmV3LXJpbmctbmV3LXJpbmctbmV3LSE="
QueryCount = Callable[[int], Any]


def sign_in(person: UUID | None) -> Event:
    return log.record(Action.SIGN_IN, person=person, facts=FACTS)


@pytest.mark.django_db(transaction=True)
def test_a_record_takes_two_queries_cold_and_one_warm(django_assert_num_queries: QueryCount) -> None:
    with django_assert_num_queries(2):
        sign_in(ALICE)
    with django_assert_num_queries(1):
        sign_in(ALICE)
    keys.cache.clear()
    with django_assert_num_queries(2):
        sign_in(ALICE)


@pytest.mark.django_db(transaction=True)
def test_a_key_that_was_rolled_back_encrypts_nothing_afterwards() -> None:
    with transaction.atomic():
        sign_in(ALICE)
        sign_in(ALICE)
        transaction.set_rollback(True)
    assert sign_in(ALICE).personal_fields().address == FACTS.address


@pytest.mark.django_db(transaction=True)
def test_many_at_once_agree_on_a_new_persons_key() -> None:
    def first_sign_in(_: int) -> Event:
        try:
            keys.cache.clear()
            with transaction.atomic():
                return sign_in(CHARLIE)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(first_sign_in, range(40)))
    assert PersonKey.objects.count() == 1
    assert {event.personal_fields().address for event in Event.objects.all()} == {FACTS.address}


@pytest.mark.django_db
def test_each_person_has_a_key_of_their_own_and_strangers_share_one() -> None:
    for person in (ALICE, BOB, None):
        log.record(Action.SIGN_IN_REFUSE, person=person, facts=FACTS)
    assert {row.person for row in PersonKey.objects.all()} == {ALICE, BOB, keys.NOBODY}
    assert len({row.unwrapped() for row in PersonKey.objects.all()}) == 3


@pytest.mark.django_db
def test_a_key_put_in_another_persons_row_does_not_open() -> None:
    event = sign_in(ALICE)
    sign_in(BOB)
    PersonKey.objects.filter(person=ALICE).update(wrapped=PersonKey.objects.get(person=BOB).wrapped)
    assert event.personal_fields().state == Readability.UNREADABLE


@pytest.mark.django_db
def test_rotation_wraps_every_key_anew(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "BATCH", 2)
    events = [sign_in(person) for person in (ALICE, BOB, CHARLIE, None)]
    settings.FIELD_ENCRYPTION_KEYS = [NEW, *settings.FIELD_ENCRYPTION_KEYS]
    assert (keys.rotate(), keys.rotate()) == (4, 0)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert {event.personal_fields().address for event in events} == {FACTS.address}


@pytest.mark.django_db
def test_rotation_leaves_a_destroyed_key_destroyed(settings: Any) -> None:
    sign_in(ALICE)
    privacy.erase(ALICE)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, *settings.FIELD_ENCRYPTION_KEYS]
    assert keys.rotate() == 0
    assert PersonKey.objects.get().wrapped is None


@pytest.mark.django_db
def test_a_key_destroyed_during_rotation_does_not_come_back(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(ALICE)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, *settings.FIELD_ENCRYPTION_KEYS]
    wrap = PersonKey.wrap

    def erase_meanwhile(key: bytes, *, person: UUID) -> bytes:
        keys.destroy(person)
        return wrap(key, person=person)

    monkeypatch.setattr(PersonKey, "wrap", erase_meanwhile)
    assert keys.rotate() == 0
    assert PersonKey.objects.get().wrapped is None


@pytest.mark.django_db
def test_a_ring_that_lost_its_key_makes_fields_unreadable_and_not_an_error(settings: Any) -> None:
    event = sign_in(ALICE)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert event.personal_fields().state == Readability.UNREADABLE
    with pytest.raises(crypto.DecryptionError):
        sign_in(ALICE)


def test_the_cache_keeps_only_the_latest() -> None:
    cache = keys.KeyCache(size=2)
    first, second, third = uuid4(), uuid4(), uuid4()
    cache.put(first, b"1")
    cache.put(second, b"2")
    assert cache.get(first) == b"1"
    cache.put(third, b"3")
    assert (cache.get(first), cache.get(second), cache.get(third)) == (b"1", None, b"3")
