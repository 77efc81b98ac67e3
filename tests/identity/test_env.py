"""A variable that does not fit stops the start and says which and why."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from identity.env import Env, SettingError


def read(reader: str, *args: Any, value: str | None = None, **options: Any) -> Any:
    env = Env({} if value is None else {"NAME": value})
    return getattr(env, reader)("NAME", *args, **options)


@pytest.mark.parametrize(
    ("reader", "args", "value", "result"),
    [
        ("text", (), "x", "x"),
        ("boolean", (False,), "TRUE", True),
        ("boolean", (True,), "off", False),
        ("integer", (1,), "7", 7),
        ("optional_integer", (), "0", 0),
        ("duration", ("1s",), "14d", timedelta(days=14)),
        ("duration", ("1s",), "90m", timedelta(minutes=90)),
        ("choice", ("a", {"a", "b"}), "b", "b"),
        ("words", (), " a, b ,,c ", ["a", "b", "c"]),
        ("origins", (), "https://a.example, http://b:81/", ["https://a.example", "http://b:81"]),
        ("servers", (53,), "192.0.2.1, 192.0.2.1:5353", [("192.0.2.1", 53), ("192.0.2.1", 5353)]),
        ("servers", (53,), "2001:db8::1,[2001:db8::1]:5353", [("2001:db8::1", 53), ("2001:db8::1", 5353)]),
    ],
)
def test_a_good_value_is_read(reader: str, args: tuple[Any, ...], value: str, result: Any) -> None:
    assert read(reader, *args, value=value) == result


@pytest.mark.parametrize(
    ("reader", "args", "result"),
    [
        ("text", ("d",), "d"),
        ("boolean", (True,), True),
        ("integer", (5,), 5),
        ("optional_integer", (), None),
        ("duration", ("1h",), timedelta(hours=1)),
        ("choice", ("a", {"a"}), "a"),
        ("words", ("a,b",), ["a", "b"]),
        ("optional_url", ({"http"},), None),
    ],
)
@pytest.mark.parametrize("value", [None, ""])
def test_without_a_value_the_default_counts(
    reader: str, args: tuple[Any, ...], result: Any, value: Any
) -> None:
    assert read(reader, *args, value=value) == result


@pytest.mark.parametrize(
    ("reader", "args", "value", "expected"),
    [
        ("boolean", (True,), "maybe", "true or false"),
        ("integer", (1,), "many", "a whole number from 0"),
        ("integer", (1,), "-1", "a whole number from 0"),
        ("integer", (1,), "1.5", "a whole number"),
        ("optional_integer", (), "x", "a whole number"),
        ("duration", ("1s",), "soon", "a time such as 90s"),
        ("duration", ("1s",), "10", "a time such as 90s"),
        ("duration", ("1s",), "9" * 12 + "d", "a time such as 90s"),
        ("choice", ("a", {"a", "b"}), "c", "one of a, b"),
        ("url", ({"https"}, "https://x"), "ftp://x", "an address that starts with https://"),
        ("url", ({"https"}, "https://x"), "https://", "an address"),
        ("url", ({"https"}, "https://x"), "https://x:port", "an address"),
        ("servers", (53,), "ns.example.org", "addresses such as"),
        ("origins", (), "a.example", "addresses without a path"),
        ("origins", (), "https://a.example/app", "addresses without a path"),
        ("origins", (), "https://me@a.example", "addresses without a path"),
        ("servers", (53,), "192.0.2.1:dns", "addresses such as"),
        ("optional_url", ({"smtps"},), "mail.example.org", "smtps://"),
    ],
)
def test_a_bad_value_is_named_with_what_was_expected(
    reader: str, args: tuple[Any, ...], value: str, expected: str
) -> None:
    with pytest.raises(SettingError, match=f"NAME: expected .*{expected}"):
        read(reader, *args, value=value)


def test_the_message_does_not_repeat_the_value() -> None:
    with pytest.raises(SettingError) as caught:
        read("integer", 1, value="hunter2")
    assert "hunter2" not in str(caught.value)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    assert Env({"NAME_FILE": str(tmp_path / "secret")}).text("NAME") == "from a file"


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingError, match="NAME_FILE: cannot read '/no/such/file'"):
        Env({"NAME_FILE": "/no/such/file"}).text("NAME")


def test_a_value_and_a_file_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="both set"):
        Env({"NAME": "a", "NAME_FILE": str(tmp_path)}).text("NAME")


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("# comment\nONE=file\nTWO='quoted # file'\n")
    monkeypatch.setenv("ONE", "environment")
    env = Env.load(tmp_path / ".env")
    assert (env.text("ONE"), env.text("TWO")) == ("environment", "quoted # file")


def test_it_remembers_what_was_asked_for() -> None:
    env = Env({})
    env.text("A")
    env.integer("B", 1)
    env.optional_integer("C")
    env.optional_url("D", {"http"})
    assert env.declared == {"A", "B", "C", "D"}
