"""Events are counted by day: what is over once, today again."""

from typing import Any

import pytest
from django.utils import timezone

from audit import log, tally
from audit.actions import Action
from audit.models import DayTally
from core.desk import figures

pytestmark = pytest.mark.django_db
TODAY = Action.SIGN_IN, Action.SIGN_UP


def test_todays_events_are_counted_again_and_again() -> None:
    log.record(Action.SIGN_IN)
    assert tally.catch_up() == figures.DAYS
    log.record(Action.SIGN_IN)
    log.record(Action.SIGN_UP)
    tally.catch_up()
    today = timezone.now().date().isoformat()
    assert tally.by_day(Action.SIGN_IN) == {today: 2}
    assert tally.by_day(*TODAY) == {today: 3}


def test_a_day_that_is_over_is_counted_once(django_assert_max_num_queries: Any) -> None:
    tally.catch_up()
    # Just after midnight, yesterday counts once more: until everything of it is there.
    with django_assert_max_num_queries(11):
        assert tally.catch_up() in (1, 2)
    assert DayTally.objects.count() == figures.DAYS


def test_what_was_not_counted_shows_as_nothing() -> None:
    assert tally.by_day(Action.SIGN_IN) == {}
