import signal
from pathlib import Path

from identity.local.redis import Server
from tests.machines.machine import Machine


class RedisServer(Machine):
    """A Redis of a test's own, always on the same port."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._server = Server(home)
        self.url = self._server.url

    def start(self) -> None:
        self._server.start()
        self.program = self._server.program

    def close(self) -> None:
        self.thaw()
        self._server.close()

    def freeze(self) -> None:
        """Connections are accepted and nothing is answered."""
        self.running.send(signal.SIGSTOP)

    def thaw(self) -> None:
        if self.running.exit_status is None:
            self.running.send(signal.SIGCONT)
