import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from identity.local.cluster import Cluster
from identity.local.programs import ROOT
from tests.machines.environment import environment
from tests.machines.machine import Machine


class PostgresCluster(Machine):
    """A PostgreSQL server of a test's own, with an empty database `identity`."""

    def __init__(self, home: Path, **settings: str) -> None:
        self._cluster = Cluster(home, {"fsync": "off", **settings})

    @property
    def url(self) -> str:
        return self._cluster.url("identity")

    def start(self) -> None:
        self._cluster.start()
        self._cluster.create("identity")
        self.program = self._cluster.program

    def migrate(self) -> None:
        command = [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=environment(DATABASE_URL=self.url), check=True, timeout=120)

    def close(self) -> None:
        self.thaw()
        self._cluster.stop()

    def kill(self) -> None:
        """As a power cut would: the server and the process of every connection vanish at once."""
        processes = self._processes()
        self.running.kill()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=10)

    def freeze(self) -> None:
        """It is there and says nothing, as behind a broken network."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _processes(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            server = psutil.Process(self.running.pid)
            return [server, *server.children(recursive=True)]
        return []
