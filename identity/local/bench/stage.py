"""What the bench brings up: the site as production runs it, in a place of its own."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from identity.local import commands, production, redis
from identity.local.bench.sites import Site
from identity.local.cluster import Cluster
from identity.local.programs import ROOT, VAR, Lock, MachineError, Program

HOME = VAR / "bench"
START_TIMEOUT = 30


class Stage:
    """Databases with the bench's people, and as many web servers as are asked for."""

    def __init__(self, home: Path = HOME) -> None:
        self._home = home
        self._claim = Lock(home.with_suffix(".lock"))
        if not self._claim.try_take():
            raise MachineError("a bench is running already for this checkout.")
        shutil.rmtree(home, ignore_errors=True)
        self._postgres = Cluster(home / "postgres")
        self._redis = redis.Server(home)
        self._programs: list[Program] = []

    def start(self) -> None:
        self._postgres.start()
        self._redis.start()
        self.environment = {**production.environment(), "REDIS_URL": self._redis.url, "LOG_LEVEL": "WARNING"}

    def seed(self, site: Site) -> str:
        """Makes the site's database and fills it; the last line of what the site's own script says."""
        self._postgres.create(site.database)
        return self.run(site, site.seed)

    def copy(self, source: Site, target: Site) -> None:
        """Gives one site the other's tables and people; nobody may be connected to them."""
        self._postgres.create(target.database, template=source.database)

    def run(self, site: Site, module: str, **overrides: str) -> str:
        """The same for `main()` of a module, inside the site."""
        done = subprocess.run(
            _main_of(module),
            check=False,
            cwd=ROOT,
            env=self._environment_of(site, **overrides),
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise MachineError(f"{module} failed: {done.stderr[-2000:]}")
        return "".join(done.stdout.splitlines()[-1:])

    def show(self, site: Site, module: str, **overrides: str) -> int:
        """The same, with what it says on the screen; its exit status."""
        environment = self._environment_of(site, **overrides)
        return subprocess.run(_main_of(module), check=False, cwd=ROOT, env=environment).returncode

    def serve(self, site: Site, **overrides: str) -> tuple[int, int]:
        """Starts a web server; the number of its process and its port."""
        port = redis.free_port()
        log = self._home / f"{site.name}.log"
        program = Program(
            commands.web(port, application=site.application),
            lock=self._claim.path,
            log=log,
            env=self._environment_of(site, **overrides),
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

    def _environment_of(self, site: Site, **overrides: str) -> dict[str, str]:
        named = {"DJANGO_SETTINGS_MODULE": site.settings, "DATABASE_URL": self._postgres.url(site.database)}
        return {**self.environment, **named, **overrides}


@contextmanager
def staged() -> Iterator[Stage]:
    stage = Stage()
    try:
        yield stage
    finally:
        stage.stop()


def _main_of(module: str) -> list[str]:
    script = f"from {module} import main; main()"
    return [sys.executable, "-m", "django", "shell", "--no-imports", "-c", script]


def _wait_for(port: int, program: Program, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not _answers(port):
        if program.exit_status is not None or time.monotonic() > deadline:
            raise MachineError(f"The web server does not start; see {log}.")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    """Whatever it says: not every site has an address for this question."""
    connection = HTTPConnection(commands.LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (HTTPException, OSError):
        return False
    finally:
        connection.close()
    return True
