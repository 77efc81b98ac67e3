"""PostgreSQL and Redis for one test run: `python -m identity.local.servers`.

Says as one line of JSON where they are, and ends them when standard input is closed, as it is when the test run
ends in whatever way. A process of its own, so that the test run imports nothing before coverage is measured.
"""

import json
import os
import shutil
import sys
from pathlib import Path

from identity.local import redis
from identity.local.cluster import Cluster
from identity.local.programs import VAR, Lock, MachineError

HOME = VAR / "test"
# What is lost in a power cut is only a test run.
FAST_POSTGRES = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
}


class Servers:
    """Below a directory of their own, so that test runs do not meet."""

    def __init__(self) -> None:
        self.home = HOME / str(os.getpid())
        self._claim = _claimed(self.home)
        self._postgres = Cluster(self.home / "postgres", FAST_POSTGRES)
        self._redis = redis.Server(self.home)

    def start(self) -> dict[str, str]:
        """The environment that leads to them; what the environment names already is not started."""
        found = {}
        if not os.environ.get("DATABASE_URL"):
            self._postgres.start()
            found["DATABASE_URL"] = self._postgres.url("identity")
        if not os.environ.get("REDIS_URL"):
            self._redis.start()
            found["REDIS_URL"] = self._redis.url
        return found

    def stop(self) -> None:
        self._postgres.stop()
        self._redis.close()
        shutil.rmtree(self.home, ignore_errors=True)
        self._claim.path.unlink()
        self._claim.free()


def _claimed(home: Path) -> Lock:
    """A lock on the directory; what killed test runs left behind goes."""
    one_at_a_time = Lock(HOME / "sweep.lock")
    one_at_a_time.take()
    for path in HOME.glob("*.claim"):
        _delete_unclaimed(path)
    claim = Lock(home.with_suffix(".claim"))
    claim.take()
    home.mkdir()
    one_at_a_time.free()
    return claim


def _delete_unclaimed(path: Path) -> None:
    claim = Lock(path)
    if claim.try_take():
        shutil.rmtree(path.with_suffix(""), ignore_errors=True)
        path.unlink()
    claim.free()


def main() -> int:
    servers = Servers()
    try:
        print(json.dumps(servers.start()), flush=True)
        sys.stdin.read()
    except MachineError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        servers.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
