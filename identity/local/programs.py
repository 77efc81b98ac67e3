"""Programs that this checkout starts for itself, and the locks that say who still needs them."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from identity.env import SettingError

ROOT = Path(__file__).resolve().parent.parent.parent
# Tests of `make run` bring a directory of their own, away from a site that may be running here.
VAR = Path(os.environ.get("VAR_DIRECTORY") or ROOT / "var")
# As in settings.py: tests must not read a developer's own.
DOTENV = Path(os.environ.get("DOTENV", ROOT / ".env"))
KEEPER = Path(__file__).with_name("keeper.py")


class MachineError(SettingError):
    """Something the site needs on this machine is missing or does not start; the text says what to do."""


class Lock:
    """A lock file that the kernel frees when its holder ends, whichever way."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("a+", encoding="utf-8")

    def share(self) -> None:
        """Waits while somebody holds it alone."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def take(self) -> None:
        """Waits until nobody else holds it."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def try_take(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def free(self) -> None:
        self._file.close()


# Longer than the keeper's own patience with its program.
KEEPER_PATIENCE = 15


class Program:
    """A program under keeper.py: it ends when told to, and when nobody holds its lock any more."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        lock: Path,
        log: Path,
        env: Mapping[str, str] | None = None,
        user: str = "",
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        keeper = [sys.executable, "-I", "-S", str(KEEPER), str(lock), str(int(stop_signal)), user]
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as sink:
            self._keeper = subprocess.Popen(
                [*keeper, *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=sink,
                env=env,
                cwd=ROOT,
                start_new_session=True,
            )
        self.pid = _announced(self._keeper)
        if not self.pid:
            raise MachineError(f"{command[0]} cannot be started; see {log}.")

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._keeper.poll()

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def ask_to_stop(self) -> None:
        self._keeper.terminate()

    def stop(self) -> None:
        """Asks, and waits: a program that does not listen is killed by its keeper after a while, or else by us."""
        self.ask_to_stop()
        try:
            self._keeper.wait(timeout=KEEPER_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """As a crash would: the program gets no chance to tidy up."""
        with suppress(ProcessLookupError):
            self.send(signal.SIGKILL)
        self._keeper.wait(timeout=30)


def _announced(keeper: subprocess.Popen[bytes]) -> int:
    """The program's own number, which its keeper writes first; 0 when it did not even start."""
    if keeper.stdout is None:
        return 0
    with keeper.stdout as line:
        return int(line.readline() or 0)


def last_lines(log: Path, count: int) -> list[str]:
    if not log.exists():
        return []
    return [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-count:]
