import time
from collections.abc import Callable


def until(condition: Callable[[], object], what: str, seconds: float = 15) -> None:
    """Waits for `condition`, and fails with `what` when it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.02)
