"""What programs send is taken at its word."""

from typing import Any

import pytest

from core.api.fields import Choice, Flag, Id, Input, Secret, Text, Texts, Whole
from core.api.problems import Invalid


class Everything(Input):
    text = Text(required=False, max_length=5)
    secret = Secret(required=False)
    flag = Flag(required=False)
    whole = Whole(required=False, max_value=9)
    choice = Choice(choices=["a", "b"], required=False)
    id = Id(required=False)
    texts = Texts(required=False)
    needed = Text()


def errors(**data: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        Everything.read(data)
    return [(error["field"], error["code"]) for error in caught.value.members["errors"]]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("text", 5, "invalid"),
        ("text", None, "null"),
        ("text", "", "blank"),
        ("text", "abcdef", "max_length"),
        ("text", ["a"], "invalid"),
        ("secret", 5, "invalid"),
        ("flag", "true", "invalid"),
        ("flag", 1, "invalid"),
        ("whole", "5", "invalid"),
        ("whole", True, "invalid"),
        ("whole", 5.0, "invalid"),
        ("whole", 10, "max_value"),
        ("choice", "c", "invalid_choice"),
        ("choice", ["a"], "invalid_choice"),
        ("id", 5, "invalid"),
        ("id", "x", "invalid"),
        ("texts", "abc", "not_a_list"),
        ("texts", {"0": "a"}, "not_a_list"),
        ("unknown", 1, "unknown"),
    ],
)
def test_what_it_is_not_is_refused(name: str, value: Any, code: str) -> None:
    assert errors(needed="x", **{name: value}) == [(name, code)]


def test_what_is_missing_is_named() -> None:
    assert errors() == [("needed", "required")]


def test_within_a_list_the_place_is_named() -> None:
    assert errors(needed="x", texts=["a", 5]) == [("texts.1", "invalid")]


def test_a_text_is_trimmed_and_a_secret_is_not() -> None:
    found = Everything.read({"needed": " x ", "secret": " y "})
    assert (found["needed"], found["secret"]) == ("x", " y ")


def test_a_reader_keeps_nothing_of_what_it_read() -> None:
    assert "text" in Everything.read({"needed": "x", "text": "a"})
    assert "text" not in Everything.read({"needed": "x"})


def test_a_part_may_be_all_there_is() -> None:
    assert Everything.read({"text": "a"}, partial=True) == {"text": "a"}
