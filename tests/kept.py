"""What a whole file of tests starts from: made once, in a transaction that is taken back after the last of them.

Each test has a savepoint of its own inside, and a copy of its own of what was made. Not for a file with
transactional tests.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import transaction
from pytest_django import DjangoDbBlocker

Made = TypeVar("Made")


@contextmanager
def kept(blocker: DjangoDbBlocker, make: Callable[[], Made]) -> Iterator[Callable[[], Made]]:
    """Hands out copies; meanwhile tests without a database are as far from it as ever."""
    around: Any = transaction.atomic()
    # For flows that want to be outermost, as around each test.
    around._from_testcase = True
    with blocker.unblock():
        around.__enter__()
    try:
        with blocker.unblock():
            made = make()
        yield lambda: copy.deepcopy(made)
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)
