"""Makes the file behind PASSWORD_BREACHED_SET."""

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.passwords import breached
from accounts.passwords.breached import DIGEST_BYTES, BreachedSet

SHA1_LINE = re.compile(rb"([0-9A-Fa-f]{40})(?::(\d+))?")
SHORTEST, LONG_FROM, LONGEST = 6, 12, 256
ERROR_RATE_LIMIT = 1e-4


class Entry(NamedTuple):
    digest: bytes
    is_long: bool


class Command(BaseCommand):
    help = (
        "Builds a set of breached passwords from lists, the most common first. A line is a password, or the SHA-1 of "
        "one with or without a count behind a colon, as Have I Been Pwned publishes them. Point PASSWORD_BREACHED_SET "
        "at the result."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "lists", nargs="+", type=Path, metavar="LIST", help="a text file; several take turns"
        )
        parser.add_argument("--output", type=Path, required=True, help="where to write the set")
        parser.add_argument(
            "--long",
            type=int,
            default=650_000,
            help=f"how many passwords of {LONG_FROM} characters or more, and of hashes, to take at most (%(default)s)",
        )
        parser.add_argument(
            "--short",
            type=int,
            default=200_000,
            help=f"how many of {SHORTEST} to {LONG_FROM - 1} characters: what longer ones are made from (%(default)s)",
        )
        parser.add_argument(
            "--seen", type=int, default=1, help="leave out hashes with a lower count (%(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            lists = [_lines(path) for path in options["lists"]]
            entries = _in_turns([_entries(lines, options["seen"]) for lines in lists])
            breached.write(_chosen(entries, options["long"], options["short"]), options["output"])
        except OSError as error:
            raise CommandError(str(error)) from error
        self._report(BreachedSet(options["output"]), options["output"])

    def _report(self, made: BreachedSet, path: Path) -> None:
        size = path.stat().st_size / 1e6
        self.stdout.write(f"{path}: {len(made):,} passwords, {size:.2f} MB, error rate {made.error_rate:.1e}")
        if made.error_rate > ERROR_RATE_LIMIT:
            raise CommandError(
                "That is too many for this format: good passwords would be refused. Use --seen."
            )


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            yield line.rstrip(b"\r\n")


def _entries(lines: Iterable[bytes], least_count: int) -> Iterator[Entry]:
    for line in lines:
        hashed = SHA1_LINE.fullmatch(line)
        if hashed is None:
            # Kept in small letters: look-ups try those too, whatever was typed.
            text = _decoded(line).casefold()
            if SHORTEST <= len(text) <= LONGEST:
                yield Entry(breached.digest_of(text), len(text) >= LONG_FROM)
        elif int(hashed[2] or least_count) >= least_count:
            yield Entry(bytes.fromhex(hashed[1].decode())[:DIGEST_BYTES], is_long=True)


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _in_turns(lists: list[Iterator[Entry]]) -> Iterator[Entry]:
    for row in zip_longest(*lists):
        yield from (entry for entry in row if entry is not None)


def _chosen(entries: Iterable[Entry], most_long: int, most_short: int) -> set[bytes]:
    long: set[bytes] = set()
    short: set[bytes] = set()
    for digest, is_long in entries:
        taken, most = (long, most_long) if is_long else (short, most_short)
        if len(taken) < most:
            taken.add(digest)
        elif len(long) >= most_long and len(short) >= most_short:
            break
    return long | short
