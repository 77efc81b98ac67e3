"""How the site's processes are started on this machine: by `make run`, by the bench and by tests."""

import sys
from pathlib import Path

LOOPBACK = "127.0.0.1"


def web(port: int, workers: int = 1, application: str = "identity.wsgi:application") -> list[str]:
    # A blocking thread keeps its database connection: it should outlive a quiet spell. 600 is the most.
    threads = ["--blocking-threads", "4", "--blocking-threads-idle-timeout", "600"]
    place = ["--interface", "wsgi", "--host", LOOPBACK, "--port", str(port), "--no-ws"]
    processes = ["--workers", str(workers), "--respawn-failed-workers"]
    return [sys.executable, "-m", "granian", *place, *processes, *threads, application]


def worker(pool: str = "prefork", schedule: Path | None = None) -> list[str]:
    """A Celery worker for both queues; with `schedule`, it also starts the periodic tasks."""
    beat = ["--beat", "--schedule", str(schedule)] if schedule else []
    # One worker has nobody to gossip with.
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    celery = [sys.executable, "-m", "celery", "--app", "identity", "worker", "--queues", "mail,default"]
    return [*celery, "--pool", pool, "--concurrency", "1", *alone, *beat]


def provider(port: int, site: str, home: Path) -> list[str]:
    """The identity provider of the demo organization."""
    return [sys.executable, "-m", "identity.local.provider.server", str(port), site, str(home)]
