"""What the bench prints."""

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from identity.local import screen
from identity.local.bench import measure
from identity.local.bench.measure import Spread
from identity.local.bench.rows import EMPTY_VIEW

# The unit that is no row.
ARGON2 = "one Argon2 verification"

Costs = Mapping[str, Sequence[float]]


class Comparison(NamedTuple):
    """A row as a multiple of another, and how much it may be; None where nothing is promised."""

    row: str
    unit: str
    at_most: float | None = None


def costs(visits: Costs, hashes: Sequence[float]) -> None:
    to_empty, to_hash = measure.ratios(visits, visits[EMPTY_VIEW]), measure.ratios(visits, hashes)
    screen.say(
        f"\n{'CPU of web and database, per visit':<36}{'ms':>9}  {'÷ empty view':>20}  {'÷ Argon2':>22}"
    )
    for name, spent in visits.items():
        screen.say(f"{name:<36}{_ms(spent)}  {_text(to_empty[name], 1)}  {_text(to_hash[name], 3)}")
    screen.say(f"{ARGON2:<36}{_ms(hashes)}")
    screen.say(f"\nMedian of {measure.ROUNDS} rounds [first and third quartile].")
    screen.say(f"The {EMPTY_VIEW} is /livez, which passes only the outermost of our middlewares.")


def comparisons(visits: Costs, hashes: Sequence[float], wanted: Sequence[Comparison]) -> None:
    """Those of which both sides were measured."""
    units = {**visits, ARGON2: hashes}
    found = [one for one in wanted if {one.row, one.unit} <= units.keys()]
    if found:
        screen.say(f"\n{'In the same rounds':<52}{'ratio':>9}{'at most':>22}")
    for row, unit, at_most in found:
        spread = measure.ratio(units[row], units[unit])
        screen.say(f"{f'{row} ÷ {unit}':<52}{_text(spread, 2)} {_promised(spread, at_most)}".rstrip())


def _promised(spread: Spread, at_most: float | None) -> str:
    if at_most is None:
        return ""
    mark = screen.paint("✓", "green") if spread.median <= at_most else screen.paint("✗", "red")
    return f"{at_most:>8.2f} {mark}"


def _ms(spent: Sequence[float]) -> str:
    return f"{statistics.median(spent) * 1000:>9.2f}"


def _text(spread: Spread, digits: int) -> str:
    low, median, high = (f"{value:.{digits}f}" for value in spread)
    return f"{median:>8} [{low}–{high}]".ljust(22)
