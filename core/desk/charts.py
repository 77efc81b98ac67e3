"""Drawings as inline SVG: places and sizes are attributes and colours are classes, as our content policy wants it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 320, 120
# Room for a line of text above and below the bars.
TOP, BOTTOM = 18, 18
GAP = 0.25


@dataclass(frozen=True)
class Bar:
    day: date
    number: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Bars:
    """A bar for each day. The highest one fills the height, and its number stands beside it."""

    bars: Sequence[Bar]
    highest: int
    total: int
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - BOTTOM
    text_y: int = HEIGHT - 4

    @property
    def first(self) -> date:
        return self.bars[0].day

    @property
    def last(self) -> date:
        return self.bars[-1].day

    @property
    def numbers(self) -> Sequence[Bar]:
        """For the table: newest first."""
        return self.bars[::-1]


@dataclass(frozen=True)
class Share:
    label: str
    part: int
    whole: int
    width: int = WIDTH

    @property
    def percent(self) -> int:
        """Rounded, but neither to nothing nor to all of it as long as that is not so."""
        if not 0 < self.part < self.whole:
            return 100 if self.whole and self.part >= self.whole else 0
        return min(max(round(100 * self.part / self.whole), 1), 99)

    @property
    def filled(self) -> float:
        return round(self.width * self.part / self.whole, 1) if self.whole else 0


def bars(numbers: Sequence[tuple[date, int]]) -> Bars:
    highest = max((number for _day, number in numbers), default=0)
    step, room = WIDTH / max(len(numbers), 1), HEIGHT - TOP - BOTTOM
    drawn = []
    for place, (day, number) in enumerate(numbers):
        # What is not nothing is seen.
        tall = max(round(room * number / highest, 1), 1.5) if number else 0.0
        x, width = round(step * (place + GAP / 2), 1), round(step * (1 - GAP), 1)
        drawn.append(Bar(day, number, x, round(HEIGHT - BOTTOM - tall, 1), width, tall))
    return Bars(drawn, highest, sum(number for _day, number in numbers))
