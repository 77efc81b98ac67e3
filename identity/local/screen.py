"""What people see while local commands work: a line for each step, with the time it took."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

STYLES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "blue": 34}


def interactive() -> bool:
    return sys.stdout.isatty()


def paint(text: str, style: str) -> str:
    plain = not interactive() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else f"\033[{STYLES[style]}m{text}\033[0m"


def say(text: str = "") -> None:
    print(text, flush=True)


def heading(text: str) -> None:
    say(f"\n{paint(f'── {text} ', 'blue')}{paint('─' * max(0, 90 - len(text)), 'dim')}")


def result(name: str, *, passed: bool, seconds: float) -> None:
    mark = paint("✓", "green") if passed else paint("✗", "red")
    say(f"{mark} {name} {paint(f'{seconds:.1f} s', 'dim')}")


@contextmanager
def step(name: str) -> Iterator[None]:
    started = time.monotonic()
    if interactive():
        # Overwritten by the line below: nothing but the result stays on the screen.
        print(f"… {name}", end="\r", flush=True)
    try:
        yield
    except BaseException:
        result(name, passed=False, seconds=time.monotonic() - started)
        raise
    result(name, passed=True, seconds=time.monotonic() - started)
