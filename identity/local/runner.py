"""`make run`: brings up the whole site on this machine, says who can sign in, and stays until told to stop.

Run as `python -m identity.local.runner`.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import URLError
from urllib.request import urlopen

from identity.env import Env, SettingError
from identity.local import commands, neighbours, postgres, screen, welcome
from identity.local.cluster import Cluster
from identity.local.follow import Follower
from identity.local.programs import DOTENV, ROOT, VAR, Lock, MachineError, Program, last_lines

LOGS = VAR / "log"
START_TIMEOUT = 45
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Site:
    """The web server, the worker, a provider to sign in at and what they need, as one thing that starts and stops."""

    def __init__(self, env: Env) -> None:
        self.port = env.integer("PORT", 8000, minimum=1, maximum=65_535)
        self.address = env.text("BASE_URL", f"http://localhost:{self.port}").rstrip("/")
        self.environment = dict(os.environ)
        if not env.text("BASE_URL"):
            self.environment["BASE_URL"] = self.address
        self.provider_port = port_beside(self.port)
        self.provider = f"http://{commands.LOOPBACK}:{self.provider_port}"
        self._env = env
        self._cluster: Cluster | None = None
        self._programs: dict[str, Program] = {}
        self._claim = Lock(VAR / "run.lock")

    def start(self) -> list[welcome.Person]:
        self.claim_checkout()
        refuse_busy_port(self.port)
        LOGS.mkdir(parents=True, exist_ok=True)
        # Up by the time the demo organization is connected with it, which reads what it says about itself.
        self._launch("provider", commands.provider(self.provider_port, self.address, VAR / "provider"))
        with screen.step("Database"):
            self._find_database()
        with screen.step("Tables and demo people"):
            people = self._prepare()
        with screen.step("Web server and worker"):
            self._start_programs()
        return people

    @property
    def started(self) -> bool:
        return self._cluster is not None or bool(self._programs)

    def watch(self) -> NoReturn:
        """Until a part of the site ends by itself, or a signal arrives."""
        followers = [Follower(name, _log(name)) for name in self._programs]
        while True:
            for follower in followers:
                follower.show_troubles()
            self._refuse_dead_programs()
            time.sleep(0.3)

    def stop(self) -> None:
        for program in self._programs.values():
            program.ask_to_stop()
        for program in self._programs.values():
            program.stop()
        if self._cluster is not None:
            self._cluster.release()
            self._cluster.wait_until_stopped()
        self._claim.free()

    def claim_checkout(self) -> None:
        if not self._claim.try_take():
            at = self._claim.path.read_text(encoding="utf-8")
            raise MachineError(
                f"`make run` is running already for this checkout, at {at}. Stop that one first."
            )
        self._claim.path.write_text(self.address, encoding="utf-8")

    def _find_database(self) -> None:
        if self._env.text("DATABASE_URL"):
            neighbours.refuse_unreachable_database(self._env.text("DATABASE_URL"))
        else:
            self._cluster = postgres.hold()
            self.environment["DATABASE_URL"] = self._cluster.url(postgres.DATABASE)
        if self._env.text("REDIS_URL"):
            neighbours.refuse_unreachable_redis(self._env.text("REDIS_URL"))

    def _prepare(self) -> list[welcome.Person]:
        self._wait_for("provider", f"{self.provider}/metadata")
        log = _log("prepare")
        with log.open("w", encoding="utf-8") as sink:
            done = subprocess.run(
                [sys.executable, "-m", "identity.local.prepare", self.provider],
                check=False,
                cwd=ROOT,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=sink,
                text=True,
            )
        if done.returncode:
            raise MachineError(f"the database could not be prepared.\n{_end_of(log)}")
        people: list[welcome.Person] = json.loads(done.stdout.splitlines()[-1])
        return people

    def _start_programs(self) -> None:
        for name in ("broker", "broker-control"):
            (VAR / name).mkdir(exist_ok=True)
        self._launch("web", commands.web(self.port))
        # "solo" works in the worker's own process, which starts and stops twice as fast.
        self._launch("worker", commands.worker(pool="solo", schedule=VAR / "celerybeat-schedule"))
        self._wait_for("web", f"http://{commands.LOOPBACK}:{self.port}/livez")

    def _wait_for(self, name: str, url: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not answers_at(url):
            self._refuse_dead_programs()
            if time.monotonic() > deadline:
                raise MachineError(f"the {name} process does not answer.\n{_end_of(_log(name))}")
            time.sleep(0.1)

    def _launch(self, name: str, command: list[str]) -> None:
        _log(name).unlink(missing_ok=True)
        self._programs[name] = Program(command, lock=self._claim.path, log=_log(name), env=self.environment)

    def _refuse_dead_programs(self) -> None:
        for name, program in self._programs.items():
            if program.exit_status is not None:
                raise MachineError(
                    f"the {name} process ended by itself (status {program.exit_status}).\n{_end_of(_log(name))}"
                )


def refuse_busy_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((commands.LOOPBACK, port))
        except OSError as error:
            raise MachineError(
                f"port {port} cannot be used ({error.strerror}). Choose another: PORT={port + 1} make run"
            ) from error


def port_beside(port: int) -> int:
    """The same each time, if nobody else has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for wanted in (port + 100, 0):
            with suppress(OSError, OverflowError):
                probe.bind((commands.LOOPBACK, wanted))
                return int(probe.getsockname()[1])
    raise MachineError("no port is free for the demo provider.")


def answers(port: int) -> bool:
    return answers_at(f"http://{commands.LOOPBACK}:{port}/livez")


def answers_at(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as response:  # noqa: S310 - ours
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def main() -> int:
    for number in STOP_SIGNALS:
        signal.signal(number, leave)
    os.environ["DEBUG"] = "true"
    site = None
    try:
        site = Site(Env.load(DOTENV))
        screen.say(welcome.text(site.address, site.start(), site.provider))
        site.watch()
    except KeyboardInterrupt:
        return 0
    except (SettingError, OSError) as error:
        screen.say(f"{screen.paint('identity:', 'red')} {error}")
        return 1
    finally:
        if site is not None and site.started:
            stop(site)


def stop(site: Site) -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    with screen.step("Shutdown"):
        site.stop()


def leave(*_: Any) -> NoReturn:
    """Once is enough: an impatient second Ctrl-C must not interrupt the tidying up."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _log(name: str) -> Path:
    return LOGS / f"{name}.log"


def _end_of(log: Path) -> str:
    lines = [f"  │ {line}" for line in last_lines(log, 15)]
    return "\n".join([*lines, f"All of it is in {log}."])


if __name__ == "__main__":
    sys.exit(main())
