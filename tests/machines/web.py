from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from identity.local import commands
from identity.local.programs import Lock, Program
from identity.local.redis import free_port
from identity.local.runner import answers
from tests.machines.environment import environment
from tests.machines.machine import Machine
from tests.machines.waiting import until


class WebServer(Machine):
    """The real web server, on a port of its own."""

    def __init__(self, home: Path, workers: int = 1, port: int = 0, **overrides: str) -> None:
        self.port = port or free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = home / "web.log"
        self._workers = workers
        self._environment = environment(BASE_URL=self.url, **overrides)
        self._owner = Lock(home / "web.lock")

    def start(self) -> None:
        self._owner.share()
        self.program = Program(
            commands.web(self.port, self._workers),
            lock=self._owner.path,
            log=self.log,
            env=self._environment,
        )
        until(self._up, f"the web server; see {self.log}", seconds=30)

    def close(self) -> None:
        self.stop()
        self._owner.free()

    def request(self, method: str, path: str, body: str | None = None, **headers: str) -> HTTPResponse:
        """One request on a connection of its own; header names are written with `_` for `-`."""
        connection = HTTPConnection(commands.LOOPBACK, self.port, timeout=20)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Host": "localhost", **named})
            response = connection.getresponse()
            response.text = response.read().decode()
            return response
        finally:
            connection.close()

    def _up(self) -> bool:
        assert self.running.exit_status is None, f"the web server ended; see {self.log}"
        return answers(self.port)
