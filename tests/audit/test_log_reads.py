from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from audit import log
from audit.actions import Action
from audit.models import Event
from tests.audit.cast import ACME, ALICE, BOB, CHARLIE, FACTS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def history() -> None:
    log.record(Action.SIGN_IN, actor=ALICE, person=ALICE, facts=FACTS)
    log.record(Action.PERSON_DISABLE, actor=BOB, person=ALICE, facts=FACTS)
    log.record(Action.SIGN_IN, actor=BOB, person=BOB, organization=ACME, facts=FACTS)


def actions(events: Any) -> list[str]:
    return [event.action for event in events]


def test_a_person_finds_what_they_did_and_what_was_done_to_them() -> None:
    assert actions(Event.objects.of_person(ALICE)) == [Action.PERSON_DISABLE, Action.SIGN_IN]
    assert actions(Event.objects.of_person(BOB)) == [Action.SIGN_IN, Action.PERSON_DISABLE]


def test_charlie_sees_nothing() -> None:
    assert not Event.objects.of_person(CHARLIE).exists()


def test_events_are_found_by_actor_organization_and_action() -> None:
    assert actions(Event.objects.by_actor(BOB)) == [Action.SIGN_IN, Action.PERSON_DISABLE]
    assert actions(Event.objects.of_organization(ACME)) == [Action.SIGN_IN]
    assert Event.objects.of_action(Action.SIGN_IN, Action.SIGN_OUT).count() == 2


@pytest.mark.parametrize("step", [-1, 1])
def test_a_neighbouring_number_finds_nothing(step: int) -> None:
    assert not Event.objects.of_organization(UUID(int=ACME.int + step)).exists()
    assert not Event.objects.by_actor(UUID(int=BOB.int + step)).exists()


def test_a_range_of_time_has_its_start_and_not_its_end() -> None:
    now = timezone.now()
    moments = [event.at for event in Event.objects.order_by("id")]
    assert Event.objects.between(now - timedelta(hours=1), now + timedelta(hours=1)).count() == 3
    assert actions(Event.objects.between(moments[0], moments[2])) == [Action.PERSON_DISABLE, Action.SIGN_IN]


def test_a_list_goes_on_where_the_page_ended() -> None:
    newest, second, oldest = Event.objects.all()
    assert list(Event.objects.before(newest.pk)) == [second, oldest]


def test_a_page_with_its_personal_fields_is_one_query(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    with django_assert_num_queries(1):
        assert {event.personal_fields().address for event in Event.objects.of_person(BOB)[:50]} == {
            FACTS.address
        }


def test_an_action_is_readable_and_an_unknown_one_shows_as_written() -> None:
    assert Event.objects.of_action(Action.PERSON_DISABLE).get().get_action_display() == "Account disabled"
    assert Event(action="mfa:device:add").get_action_display() == "mfa:device:add"
