"""How lengths of time and changes read."""

from datetime import timedelta

import pytest

from orgs import words


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(hours=12), "12 hours"),
        (timedelta(hours=24), "1 day"),
    ],
)
def test_a_length_of_time_reads_as_it_was_set(span: timedelta, text: str) -> None:
    assert words.duration(span) == text


@pytest.mark.parametrize(
    ("name", "kept", "text"),
    [
        ("second_factor", "True", "yes"),
        ("domains", "", "nothing"),
        ("domains", "a.org, b.org", "a.org, b.org"),
        ("ways", "password, from before", "password, from before"),
        ("session_idle", "P0DT08H00M00S", "8 hours"),
        ("second_factor_from", "2031-05-06 00:00:00+00:00", "May 6, 2031"),
        ("session_idle", "from before", "from before"),
        ("permissions", "members.invite, from.before", "Invite people, from.before"),
        ("roles", "owner, Recruiter", "owner, Recruiter"),
        ("name", "None", "None"),
        ("unknown", "", "nothing"),
    ],
)
def test_what_the_log_keeps_reads_as_words(name: str, kept: str, text: str) -> None:
    assert words.value(kept, name) == text


def test_a_field_that_is_not_known_is_called_as_in_the_log() -> None:
    assert words.field("accent") == "Colour"
    assert words.field("from_before") == "from_before"
