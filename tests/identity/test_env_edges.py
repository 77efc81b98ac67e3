"""Variables as container platforms, editors and tired people write them."""

import os
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.env import Env, SettingError


def read_file(path: Path) -> str:
    return Env({"NAME_FILE": str(path)}).text("NAME", "default")


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b"secret", "secret"),
        (b"secret\r\n", "secret"),
        (b"\n  secret \n\n", "secret"),
        ("schlüssel\n".encode(), "schlüssel"),
        (b"two\nlines\n", "two\nlines"),
        (b'"quoted"', '"quoted"'),
    ],
)
def test_the_end_of_a_file_is_no_part_of_its_secret(tmp_path: Path, content: bytes, read: str) -> None:
    (tmp_path / "secret").write_bytes(content)
    assert read_file(tmp_path / "secret") == read


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\t"])
def test_an_empty_file_counts_as_no_value(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    assert read_file(tmp_path / "secret") == "default"


def test_a_directory_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    """What a container gets where the file to mount did not exist."""
    with pytest.raises(SettingError, match=f"NAME_FILE: cannot read '{tmp_path}' .*directory"):
        read_file(tmp_path)


def test_a_file_that_is_no_text_is_named_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"hunter2 \xff\xfe")
    with pytest.raises(SettingError, match="NAME_FILE: cannot read") as refusal:
        read_file(tmp_path / "secret")
    assert "hunter2" not in str(refusal.value)


def test_a_file_is_read_by_every_reader(tmp_path: Path) -> None:
    (tmp_path / "number").write_text("7\n")
    env = Env({"NAME_FILE": str(tmp_path / "number")})
    assert env.integer("NAME", 1) == env.optional_integer("NAME") == 7
    assert env.words("NAME") == ["7"]


def test_a_bad_value_in_a_file_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "number").write_text("hunter2\n")
    with pytest.raises(SettingError, match="NAME: expected a whole number") as refusal:
        Env({"NAME_FILE": str(tmp_path / "number")}).integer("NAME", 1)
    assert "hunter2" not in str(refusal.value)


def test_an_empty_value_beside_a_file_is_no_conflict(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file")
    assert Env({"NAME": "", "NAME_FILE": str(tmp_path / "secret")}).text("NAME") == "from a file"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=plain", "plain"),
        ("NAME='single # quoted'", "single # quoted"),
        ('NAME="double # quoted"', "double # quoted"),
        ('NAME="a \\"b\\""', 'a "b"'),
        ("NAME=before # comment", "before"),
        ("export NAME=exported", "exported"),
        ("NAME = spaced ", "spaced"),
        ("NAME=a=b==", "a=b=="),
        ("NAME='$HOME'", "$HOME"),
        ("NAME=", "default"),
        ("NAME", "default"),
        ("# NAME=x", "default"),
    ],
)
def test_a_line_of_the_file_is_read_as_a_shell_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, value: str
) -> None:
    monkeypatch.delenv("NAME", raising=False)
    (tmp_path / ".env").write_text(f"{line}\n")
    assert Env.load(tmp_path / ".env").text("NAME", "default") == value


def test_an_empty_variable_hides_the_one_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("NAME=file\n")
    monkeypatch.setenv("NAME", "")
    assert Env.load(tmp_path / ".env").text("NAME", "default") == "default"


def test_without_a_file_the_environment_is_all_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAME", "environment")
    assert Env.load(tmp_path / "no such file").text("NAME") == "environment"


@pytest.mark.parametrize(
    ("value", "fits"), [("1", True), ("9", True), ("0", False), ("10", False), ("-5", False)]
)
def test_the_ends_of_a_range_belong_to_it(value: str, fits: bool) -> None:
    env = Env({"NAME": value})
    if fits:
        assert env.integer("NAME", 5, minimum=1, maximum=9) == int(value)
    else:
        with pytest.raises(SettingError, match="a whole number from 1 to 9"):
            env.integer("NAME", 5, minimum=1, maximum=9)


@pytest.mark.parametrize("value", ["10 m", "1.5h", "-1d", "1w", "1D", "h", "1h30m", "90s\n"])
def test_a_time_is_one_number_and_one_unit(value: str) -> None:
    with pytest.raises(SettingError, match="90s, 30m, 12h or 14d"):
        Env({"NAME": value}).duration("NAME", "1h")


def test_no_time_at_all_is_a_time() -> None:
    assert Env({"NAME": "0s"}).duration("NAME", "1h") == timedelta(0)


READERS: list[tuple[str, tuple[Any, ...]]] = [
    ("boolean", (True,)),
    ("integer", (1,)),
    ("optional_integer", ()),
    ("choice", ("a", {"a", "b"})),
    ("words", ()),
    ("url", ({"https"}, "https://x")),
    ("optional_url", ({"https"},)),
]


@pytest.mark.parametrize(("reader", "args"), READERS)
@given(value=st.one_of(st.text(), st.text("https:/[]@.%0123456789-_ "), st.text("0123456789", min_size=20)))
def test_whatever_is_written_is_read_or_refused(reader: str, args: tuple[Any, ...], value: str) -> None:
    with suppress(SettingError):
        getattr(Env({"NAME": value}), reader)("NAME", *args)


# --- In settings


def start(script: str, **environment: str) -> Any:
    command = [sys.executable, "-c", script]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("debug", "chosen", "first"),
    [("true", "", "2"), ("false", "", "{"), ("true", "json", "{"), ("false", "console", "2")],
)
def test_logs_are_for_people_at_home_and_for_machines_elsewhere(debug: str, chosen: str, first: str) -> None:
    script = "import identity.settings, structlog; structlog.get_logger('x').warning('hello')"
    done = start(script, DEBUG=debug, LOG_FORMAT=chosen)
    assert done.stderr[:1] == first, done.stderr
    assert "hello" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("LOG_FORMAT", "xml"), ("LOG_LEVEL", "info"), ("DEBUG", "perhaps")]
)
def test_a_setting_that_is_not_offered_is_refused(name: str, value: str) -> None:
    done = start("import identity.settings", **{name: value})
    assert done.returncode == 1
    assert f"SettingError: {name}: expected " in done.stderr


CONSOLE = """
import logging, structlog
from core import logs
logs.configure(level="INFO", style="console")
structlog.get_logger("ours").debug("quiet")
structlog.get_logger("ours").info("hello", password="hunter2", count=3)
logging.getLogger("theirs").warning("from %s", "a library", extra={"api_key": "hunter2"})
logging.getLogger("django.request").warning("Not Found: /x")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("ours").exception("broken")
"""


def test_the_console_style_is_readable_and_keeps_the_same_secrets() -> None:
    said = start(CONSOLE).stderr
    assert "hunter2" not in said
    for part in (
        "hello",
        "count=3",
        "[hidden]",
        "from a library",
        "[warning",
        "ZeroDivisionError: division by zero",
    ):
        assert part in said
    assert "quiet" not in said
    assert "Not Found" not in said
    assert "\033" not in said
