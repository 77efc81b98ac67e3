"""What programs send is taken at its word."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from core.api.fields import Choice, Field, Figures, Flag, Id, Input, Items, Secret, Text, Texts, Whole
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


def test_unknown_fields_hide_nothing_else() -> None:
    assert sorted(errors(other=1, flag="x")) == [
        ("flag", "invalid"),
        ("needed", "required"),
        ("other", "unknown"),
    ]


class Lenient(Input):
    ignores_unknown = True
    text = Text()


def test_where_a_standard_says_so_what_is_unknown_is_let_be() -> None:
    assert Lenient.read({"text": "a", "other": 1}) == {"text": "a"}


# --- In the reader's language -----------------------------------------------------------------------------


class Limits(Input):
    text = Text(required=False, max_length=5, min_length=2)
    most = Whole(required=False, max_value=9)
    least = Figures(required=False, min_value=2)
    list = Items(child=Flag(), required=False, max_length=1, min_length=1, allow_empty=False)


def details(shape: type[Input], data: Any) -> list[str]:
    with pytest.raises(Invalid) as caught:
        shape.read(data)
    return [error["detail"] for error in caught.value.members["errors"]]


@pytest.mark.parametrize(
    "data",
    [
        {"text": "abcdef"},
        {"text": "a"},
        {"most": 10},
        {"least": "1"},
        {"list": [True, True]},
        {"list": []},
        {"list": [1]},
        {"other": 1},
        [],
    ],
)
def test_everybody_is_told_in_their_own_language(data: Any) -> None:
    """Whoever asked before them: what is said is not kept in the words of the first."""
    found = []
    for language in ("en", "de", "en"):
        with translation.override(language):
            found.append(details(Limits, data))
    assert found[0] == found[2] != found[1]


def kinds_of(kind: type) -> Iterator[type]:
    for each in kind.__subclasses__():
        yield each
        yield from kinds_of(each)


def test_every_text_of_every_field_is_translated() -> None:
    """Also what DRF adds in a later version."""
    ours = {kind for kind in kinds_of(Field) if kind.__module__ == Field.__module__}
    assert len(ours) > 10
    for kind in ours:
        how = {"choices": []} if issubclass(kind, Choice) else {}
        for code, text in kind(**how).error_messages.items():
            with translation.override("en"):
                english = str(text)
            with translation.override("de"):
                assert str(text) != english, (kind, code)
