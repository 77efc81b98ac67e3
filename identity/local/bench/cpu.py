"""CPU time that processes have used, including children that came and went."""

from collections.abc import Sequence

import psutil


def used(roots: Sequence[int]) -> float:
    """Seconds in user and system mode, for these processes and everything they started."""
    return sum(_tree(psutil.Process(root)) for root in roots)


def _tree(root: psutil.Process) -> float:
    # What ended children used is kept by their parent: connections of PostgreSQL come and go.
    return sum(_of(process) for process in [root, *root.children(recursive=True)])


def _of(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
