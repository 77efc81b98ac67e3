from pathlib import Path

from identity.local import commands
from identity.local.programs import Lock, Program
from tests.machines.environment import environment
from tests.machines.machine import Machine
from tests.machines.waiting import until


class CeleryWorker(Machine):
    """The real worker; with `beat`, it also starts the periodic tasks."""

    def __init__(self, home: Path, *, beat: bool = False, **overrides: str) -> None:
        self.log = home / "worker.log"
        self._schedule = home / "schedule" if beat else None
        # Its log says when it is ready.
        self._environment = environment(LOG_LEVEL="INFO", **overrides)
        self._owner = Lock(home / "worker.lock")

    def start(self) -> None:
        self._owner.share()
        self.log.unlink(missing_ok=True)
        self.program = Program(
            commands.worker(schedule=self._schedule),
            lock=self._owner.path,
            log=self.log,
            env=self._environment,
        )
        until(self._ready, f"the worker; see {self.log}", seconds=30)

    def close(self) -> None:
        self.stop()
        self._owner.free()

    def _ready(self) -> bool:
        assert self.running.exit_status is None, f"the worker ended; see {self.log}"
        return " ready." in self.log.read_text(errors="replace")
