"""Rounds of short blocks, one per row, so that whatever else the machine does falls on all rows alike."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from argon2 import PasswordHasher

from identity.local.bench import cpu, people

ROUNDS = 7
BLOCK_SECONDS = 0.5
# So many ask at a time: of a server that is asked by one in turn, most of the cost is falling asleep and waking up.
VISITORS = 8
HASHES = 6


class Subject(NamedTuple):
    """Something to measure: how each visitor does it once, and the processes that pay for it."""

    name: str
    visitors: Sequence[Callable[[], object]]
    processes: Sequence[int]


class Spread(NamedTuple):
    low: float
    median: float
    high: float


def rounds(subjects: Sequence[Subject], password_hash: str) -> tuple[dict[str, list[float]], list[float]]:
    """CPU seconds per visit for each subject and each round, and per Argon2 verification for each round."""
    visits: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    hashes = []
    for subject in subjects:
        for once in subject.visitors:
            once()
    for _ in range(ROUNDS):
        hashes.append(one_hash(password_hash))
        for subject in subjects:
            visits[subject.name].append(one_visit(subject))
    return visits, hashes


def one_visit(subject: Subject) -> float:
    before, until = cpu.used(subject.processes), time.monotonic() + BLOCK_SECONDS
    with ThreadPoolExecutor(len(subject.visitors)) as visitors:
        numbers = visitors.map(lambda once: _visits(once, until), subject.visitors)
        number = sum(numbers)
    return (cpu.used(subject.processes) - before) / number


def _visits(once: Callable[[], object], until: float) -> int:
    number = 0
    while not number or time.monotonic() < until:
        once()
        number += 1
    return number


def one_hash(password_hash: str) -> float:
    hasher = PasswordHasher()
    # Django writes the name of its hasher in front; the parameters are in the hash.
    encoded = password_hash.removeprefix("argon2")
    before = time.process_time()
    for _ in range(HASHES):
        hasher.verify(encoded, people.PASSWORD)
    return (time.process_time() - before) / HASHES


def ratio(costs: Sequence[float], units: Sequence[float]) -> Spread:
    """Each round is compared with its own unit: both were measured in the same second."""
    quotients = [cost / unit for cost, unit in zip(costs, units, strict=True)]
    low, median, high = statistics.quantiles(quotients, n=4, method="inclusive")
    return Spread(low, median, high)


def ratios(visits: Mapping[str, Sequence[float]], units: Sequence[float]) -> dict[str, Spread]:
    return {name: ratio(costs, units) for name, costs in visits.items()}
