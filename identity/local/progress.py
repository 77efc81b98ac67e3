"""How far something is that takes a while: one line that is written over on a screen, a line now and then in a file."""

import time
from typing import TextIO

WIDTH = 30
EVERY_SECONDS = 5


class Progress:
    def __init__(self, total: int, what: str, stream: TextIO) -> None:
        self._total, self._what, self._stream = max(total, 1), what, stream
        self._started = self._said = time.monotonic()
        self._begun_at: int | None = None

    def reach(self, done: int) -> None:
        now = time.monotonic()
        if self._begun_at is None:
            self._begun_at = done
        if self._stream.isatty():
            self._stream.write(f"\r{self._line(done, now)}\033[K" + ("\n" if done >= self._total else ""))
        elif done >= self._total or now - self._said >= EVERY_SECONDS:
            self._said = now
            self._stream.write(self._line(done, now) + "\n")
        self._stream.flush()

    def _line(self, done: int, now: float) -> str:
        share = min(done / self._total, 1)
        full = round(share * WIDTH)
        bar = "█" * full + "░" * (WIDTH - full)
        return f"{self._what} {bar} {share:4.0%}  {done:,} of {self._total:,}  {self._left(done, now)}"

    def _left(self, done: int, now: float) -> str:
        fresh = done - (self._begun_at or 0)
        if not fresh or done >= self._total:
            return f"{now - self._started:.0f} s"
        return f"{(now - self._started) / fresh * (self._total - done):.0f} s left"
