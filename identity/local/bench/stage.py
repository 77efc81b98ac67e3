"""What the bench brings up: the site as production runs it, in a place of its own."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from identity.local import commands, production, redis
from identity.local.cluster import Cluster
from identity.local.programs import ROOT, VAR, Lock, MachineError, Program
from identity.local.runner import answers

HOME = VAR / "bench"
SEED = ["manage.py", "shell", "--no-imports", "-c", "from identity.local.bench import seed; seed.main()"]
START_TIMEOUT = 30


class Stage:
    """An empty database with the bench's people, and as many web servers as are asked for."""

    def __init__(self) -> None:
        self._claim = Lock(VAR / "bench.lock")
        if not self._claim.try_take():
            raise MachineError("a bench is running already for this checkout.")
        shutil.rmtree(HOME, ignore_errors=True)
        self._postgres = Cluster(HOME / "postgres")
        self._redis = redis.Server(HOME)
        self._programs: list[Program] = []
        self.password_hash = ""

    def start(self) -> None:
        self._postgres.start()
        self._postgres.create("identity")
        self._redis.start()
        self.environment = {
            **production.environment(),
            "DJANGO_SETTINGS_MODULE": "identity.settings",
            "DATABASE_URL": self._postgres.url("identity"),
            "REDIS_URL": self._redis.url,
            "LOG_LEVEL": "WARNING",
        }
        self.password_hash = self._run(*SEED).splitlines()[-1]

    def serve(self, name: str, **overrides: str) -> tuple[int, int]:
        """Starts a web server; the number of its process and its port."""
        port = redis.free_port()
        log = HOME / f"{name}.log"
        program = Program(
            commands.web(port), lock=self._claim.path, log=log, env={**self.environment, **overrides}
        )
        self._programs.append(program)
        _wait_for(port, program, log)
        return program.pid, port

    @property
    def database(self) -> int:
        if self._postgres.program is None:
            raise MachineError("PostgreSQL is not running.")
        return self._postgres.program.pid

    def stop(self) -> None:
        for program in self._programs:
            program.stop()
        self._redis.close()
        self._postgres.stop()
        self._claim.free()

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            check=False,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise MachineError(f"`{' '.join(arguments)}` failed: {done.stderr[-2000:]}")
        return done.stdout


@contextmanager
def staged() -> Iterator[Stage]:
    stage = Stage()
    try:
        yield stage
    finally:
        stage.stop()


def _wait_for(port: int, program: Program, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not answers(port):
        if program.exit_status is not None or time.monotonic() > deadline:
            raise MachineError(f"The web server does not start; see {log}.")
        time.sleep(0.05)
