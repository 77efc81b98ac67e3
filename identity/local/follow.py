"""Shows what goes wrong in a log that nobody is looking at."""

import re
from collections.abc import Iterator
from pathlib import Path

from identity.local import screen

TROUBLE = re.compile(
    r"\[(warning|error|critical)|\b(WARNING|ERROR|CRITICAL)\b|^Traceback|^\w*Warning:"
    r'|"level": "(warning|error|critical)"'
)


class Follower:
    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._seen = 0

    def show_troubles(self) -> None:
        for line in self._news():
            if TROUBLE.search(line):
                screen.say(f"{screen.paint(f'{self.name} │', 'yellow')} {line.rstrip()}")

    def _news(self) -> Iterator[str]:
        with self.log.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._seen)
            # A line that is still being written is left for the next time.
            while (line := log.readline()).endswith("\n"):
                self._seen = log.tell()
                yield line
