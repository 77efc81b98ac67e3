"""`make clean`: deletes what running and testing left behind. The standard library only, as install.py."""

import fcntl
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CACHES = (".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "htmlcov")
# Of `make run`, of every database server, of a bench, of every test run.
LOCKS = ("*.lock", "*/*.lock", "*/*.claim")


def main() -> int:
    locks = (lock for pattern in LOCKS for lock in (ROOT / "var").glob(pattern))
    used = next(filter(held, locks), None)
    if used:
        print(f"Something of this checkout still runs, and holds {used}: stop it first.", file=sys.stderr)
        return 1
    for name in ("var", *CACHES):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for file in ROOT.glob(".coverage*"):
        file.unlink()
    return 0


def held(lock: Path) -> bool:
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
