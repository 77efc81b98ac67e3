from collections.abc import Callable
from typing import Any

import pytest

from audit import keys, log, privacy
from audit.actions import Action
from audit.models import Event, PersonalFields, PersonKey, Readability
from tests.audit.cast import ALICE, BOB, FACTS

pytestmark = pytest.mark.django_db
ERASED = PersonalFields(state=Readability.ERASED)


def sign_in() -> Event:
    return log.record(Action.SIGN_IN, actor=ALICE, person=ALICE, facts=FACTS)


def fresh(event: Event) -> Event:
    return Event.objects.get(pk=event.pk)


def test_after_an_erasure_nothing_personal_can_be_read() -> None:
    event = sign_in()
    privacy.erase(ALICE, actor=BOB)
    assert fresh(event).personal_fields() == ERASED
    assert fresh(event).person == ALICE


def test_others_keep_theirs() -> None:
    event = log.record(Action.SIGN_IN, person=BOB, facts=FACTS)
    privacy.erase(ALICE)
    assert fresh(event).personal_fields().address == FACTS.address


def test_an_erasure_is_itself_an_event() -> None:
    sign_in()
    privacy.erase(ALICE, actor=BOB, facts=FACTS)
    event = Event.objects.of_action(Action.PERSON_ERASE).get()
    assert (event.actor, event.person) == (BOB, ALICE)
    assert event.personal_fields() == ERASED


def test_a_second_erasure_changes_nothing() -> None:
    privacy.erase(ALICE)
    privacy.erase(ALICE)
    assert Event.objects.of_action(Action.PERSON_ERASE).count() == 1


def test_recording_goes_on_without_anything_personal() -> None:
    sign_in()
    privacy.erase(ALICE)
    event = sign_in()
    assert event.personal is None
    assert fresh(event).personal_fields() == ERASED


def test_an_erasure_before_the_first_event_holds_too() -> None:
    privacy.erase(ALICE)
    assert sign_in().personal is None


def test_a_process_that_still_knows_the_key_writes_what_nobody_can_read() -> None:
    sign_in()
    key = PersonKey.objects.get(person=ALICE).unwrapped()
    assert key is not None
    privacy.erase(ALICE)
    keys.cache.put(ALICE, key)
    assert fresh(sign_in()).personal_fields() == ERASED


def test_the_erasing_process_forgets_the_key(django_capture_on_commit_callbacks: Callable[..., Any]) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        sign_in()
    assert keys.cache.get(ALICE) is not None
    with django_capture_on_commit_callbacks(execute=True):
        privacy.erase(ALICE)
    assert keys.cache.get(ALICE) is None


def test_a_key_row_that_vanished_reads_as_erased() -> None:
    event = sign_in()
    PersonKey.objects.all().delete()
    assert fresh(event).personal_fields() == ERASED
    assert Event.objects.with_keys().get().personal_fields() == ERASED


def test_the_key_that_strangers_share_cannot_be_destroyed() -> None:
    with pytest.raises(ValueError, match="shared"):
        privacy.erase(keys.NOBODY)


def test_what_is_known_of_a_stranger_is_not_the_persons_to_erase() -> None:
    event = log.record(Action.SIGN_IN_REFUSE, person=ALICE, facts=FACTS, by_stranger=True)
    privacy.erase(ALICE)
    assert fresh(event).key_id == keys.NOBODY
    assert fresh(event).personal_fields().address == FACTS.address
