"""The set of breached passwords: what is in it, how often it is wrong, and how it is made."""

import hashlib
import random
import string
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.checks import check_breached_set
from accounts.passwords import breached
from accounts.passwords.breached import BreachedSet, BrokenSet
from accounts.passwords.spelling import variations

WORDS = ["manchesterunited", "sunshine", "iloveyouforever", "monkey", "größenwahnsinn"]


def build(output: Path, *lists: Path, **options: Any) -> tuple[BreachedSet, str]:
    said = StringIO()
    given = [f"--{name}={value}" for name, value in options.items()]
    call_command("build_breached_set", *map(str, lists), "--output", str(output), *given, stdout=said)
    return BreachedSet(output), said.getvalue()


def listed(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture
def made(tmp_path: Path) -> BreachedSet:
    return build(tmp_path / "set", listed(tmp_path / "list", *WORDS))[0]


def test_it_knows_what_it_was_made_of_and_nothing_else(made: BreachedSet) -> None:
    assert len(made) == len(WORDS)
    assert all(word.casefold() in made for word in WORDS)
    assert not any(word in made for word in ["", "monke", "monkey ", "Sunshine", "x" * 300])


@pytest.mark.parametrize(
    "variation",
    [
        "MANCHESTERUNITED",
        "Manchester United",
        "manchester-united",
        "m4nch3st3r_un1t3d",
        "Sunshine2024!",
        "!!sunsh1ne!!",
        "$un$hine99",
        "sunshinesunshine",
        "M0nkey123",
        "GRÖSSENWAHNSINN",
    ],
)
def test_it_knows_what_people_make_of_them(made: BreachedSet, variation: str) -> None:
    assert made.knows(variation)


@pytest.mark.parametrize(
    "other",
    ["monkey9183746502", "sunshine through rain", "xmanchesterunitedx", "yeknom", "12345678", "…", ""],
)
def test_it_leaves_alone_what_only_resembles_them(made: BreachedSet, other: str) -> None:
    assert not made.knows(other)


@pytest.mark.parametrize("password", ["aB3$" * 64, "x" * 256, "\ud800 lone", "١٢٣٤٥٦٧٨٩٠١٢"])
def test_a_look_up_stays_small_whatever_is_typed(made: BreachedSet, password: str) -> None:
    assert not made.knows(password)
    assert len(variations(password)) <= 40


def test_random_passwords_are_hardly_ever_taken_for_breached_ones() -> None:
    """Promised is one in 10,000, all variations together; by its size the bundled set errs far less."""
    bundled, chance = breached.current(), random.Random(20)  # noqa: S311
    everything = string.ascii_letters + string.digits + string.punctuation
    alphabets = [(everything, 12), (string.ascii_lowercase, 14), ("0123456789abcdef", 16)]
    passwords = ["".join(chance.choices(letters, k=length)) for letters, length in alphabets * 10_000]
    assert sum(map(bundled.knows, passwords)) <= 3
    assert bundled.error_rate < 1e-6


def test_the_bundled_set_is_large_and_small() -> None:
    bundled = breached.current()
    assert len(bundled) >= 800_000
    assert Path(breached.__file__).with_name("breached.set").stat().st_size < 3_000_000


def test_the_order_of_lines_changes_nothing(tmp_path: Path) -> None:
    build(tmp_path / "a", listed(tmp_path / "list", *WORDS))
    build(tmp_path / "b", listed(tmp_path / "list", *reversed(WORDS), *WORDS))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_hashes_with_counts_are_a_list_too(tmp_path: Path) -> None:
    lines = [f"{sha1('Typed Exactly So')}:7", f"{sha1('seen once only')}:1", sha1("without count").lower()]
    made, _ = build(tmp_path / "set", listed(tmp_path / "list", *lines), seen=2)
    assert made.knows("Typed Exactly So")
    assert made.knows("without count")
    assert not made.knows("seen once only")


def test_the_most_common_come_first_and_lists_take_turns(tmp_path: Path) -> None:
    first = listed(tmp_path / "first", "tiny", "first-long-one", "second-long-one", "shorter1", "shorter2")
    second = listed(tmp_path / "second", "other-long-one", "x" * 257)
    made, said = build(tmp_path / "set", first, second, long=2, short=1)
    assert len(made) == 3
    assert all(word in made for word in ["first-long-one", "other-long-one", "shorter1"])
    assert "3 passwords" in said


def test_lines_that_are_not_utf8_are_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes("mißverständnis\r\n".encode("latin-1"))
    assert build(tmp_path / "set", tmp_path / "list")[0].knows("Missverständnis")


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        build(tmp_path / "set", tmp_path / "nowhere")


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"x" + data[1:], lambda data: b"", lambda data: data[:20]]
)
def test_a_damaged_set_is_refused_at_the_start(
    made: BreachedSet, tmp_path: Path, settings: Any, damage: Any
) -> None:
    settings.PASSWORD_BREACHED_SET = tmp_path / "damaged"
    (tmp_path / "damaged").write_bytes(damage((tmp_path / "set").read_bytes()))
    with pytest.raises(BrokenSet):
        breached.current()
    assert [message.id for message in check_breached_set(None)] == ["accounts.E001"]


def test_a_missing_set_is_refused_at_the_start(settings: Any, tmp_path: Path) -> None:
    assert check_breached_set(None) == []
    settings.PASSWORD_BREACHED_SET = tmp_path / "nothing"
    assert "nothing" in check_breached_set(None)[0].msg


def test_operators_bring_a_set_of_their_own(made: BreachedSet, tmp_path: Path, settings: Any) -> None:
    settings.PASSWORD_BREACHED_SET = tmp_path / "set"
    assert len(breached.current()) == len(WORDS)
