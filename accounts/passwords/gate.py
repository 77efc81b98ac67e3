"""So many hashes at once and no more: each takes a core and tens of MiB, and a flood of sign-ins asks for all."""

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import Unavailable

# Shorter than what the database waits for a lock, which callers may hold meanwhile.
PATIENCE_SECONDS = 2.0


class TooManyHashes(Unavailable):
    """Work is shed while there is more of it than cores; whoever comes back in a moment is served."""

    code = "busy"
    title = _("Many people are signing in right now")
    detail = _("The site could not check your password in time. Nothing was changed; please try again.")
    retry_after = 2


@contextmanager
def turn() -> Iterator[None]:
    """Waits for one of this process's turns, or raises TooManyHashes. Not reentrant: one turn is one hash."""
    turns = _turns(settings.PASSWORD_HASH_CONCURRENCY)
    if not turns.acquire(timeout=PATIENCE_SECONDS):
        raise TooManyHashes
    try:
        yield
    finally:
        turns.release()


@functools.cache
def _turns(number: int) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(number)
