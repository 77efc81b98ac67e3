"""`make clean`: deletes what running and testing left behind. The standard library only, as install.py."""

import fcntl
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CACHES = (".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "htmlcov")
IN_USE = ("var/run.lock", "var/postgres/users.lock")


def main() -> int:
    used = next((name for name in IN_USE if held(ROOT / name)), None)
    if used:
        print(f"Something of this checkout is still running ({used} is held): stop it first.", file=sys.stderr)
        return 1
    for name in ("var", *CACHES):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for file in ROOT.glob(".coverage*"):
        file.unlink()
    return 0


def held(lock: Path) -> bool:
    if not lock.exists():
        return False
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
