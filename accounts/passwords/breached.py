"""Passwords known from breaches, as a file of truncated SHA-1 digests: searched in place, never loaded as a whole.

The file is, with whole numbers in big-endian order:

    12 bytes              b"passwords-1\\n"
    65,537 × 4 bytes      for each value of the first two digest bytes, the number of its first record; then the total
    total × 3 bytes       records: digest bytes three to five, in order

40 bits of a digest are kept, so a password that is not in the set is taken for one that is with a probability of
total ÷ 2⁴⁰: less than one in a million for the bundled set.
"""

import functools
import hashlib
import mmap
import os
import struct
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from accounts.passwords.spelling import variations

MAGIC = b"passwords-1\n"
BUCKETS = 2**16
INDEX = struct.Struct(f">{BUCKETS + 1}I")
DIGEST_BYTES, RECORD_BYTES = 5, 3
FIRST_RECORD = len(MAGIC) + INDEX.size


class BrokenSet(ValueError):
    """The file is no set of breached passwords, or not all of one."""


class BreachedSet:
    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < FIRST_RECORD:
                raise BrokenSet(f"{path} is too short for a set of breached passwords.")
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._check(path)

    def __len__(self) -> int:
        return self._start_of(BUCKETS)

    def __contains__(self, password: str) -> bool:
        """Exactly as it is written."""
        digest = digest_of(password)
        bucket, wanted = int.from_bytes(digest[:2]), digest[2:]
        numbers = range(self._start_of(bucket), self._start_of(bucket + 1))
        found = bisect_left(numbers, wanted, key=self._record)
        return found < len(numbers) and self._record(numbers[found]) == wanted

    def knows(self, password: str) -> bool:
        """Also in another spelling, or with a year behind it."""
        return any(variation in self for variation in variations(password))

    @property
    def error_rate(self) -> float:
        """How likely a single look-up takes a password for a breached one that is none."""
        return float(len(self) / 2 ** (8 * DIGEST_BYTES))

    def _start_of(self, bucket: int) -> int:
        (number,) = struct.unpack_from(">I", self._bytes, len(MAGIC) + 4 * bucket)
        return int(number)

    def _record(self, number: int) -> bytes:
        start = FIRST_RECORD + RECORD_BYTES * number
        return self._bytes[start : start + RECORD_BYTES]

    def _check(self, path: Path) -> None:
        whole = FIRST_RECORD + RECORD_BYTES * len(self) == len(self._bytes)
        if self._bytes[: len(MAGIC)] != MAGIC or not whole:
            raise BrokenSet(f"{path} is no set of breached passwords, or not all of one.")


def current() -> BreachedSet:
    return _opened(settings.PASSWORD_BREACHED_SET)


def digest_of(password: str) -> bytes:
    """SHA-1 because the public lists are made of it; here it hides nothing and protects nothing."""
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.sha1(secret, usedforsecurity=False).digest()[:DIGEST_BYTES]


def write(digests: Iterable[bytes], path: Path) -> int:
    """The same digests make the same file, in whatever order they come. Answers how many there are."""
    ordered = sorted(set(digests))
    counts = [0] * (BUCKETS + 1)
    for digest in ordered:
        counts[int.from_bytes(digest[:2]) + 1] += 1
    starts = [0] * (BUCKETS + 1)
    for bucket in range(BUCKETS):
        starts[bucket + 1] = starts[bucket] + counts[bucket + 1]
    with path.open("wb") as file:
        file.write(MAGIC + INDEX.pack(*starts))
        file.writelines(digest[2:DIGEST_BYTES] for digest in ordered)
    return len(ordered)


@functools.cache
def _opened(path: Path) -> BreachedSet:
    return BreachedSet(path)
