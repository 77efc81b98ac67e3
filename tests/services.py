"""A pytest plugin: the environment and the servers every test relies on, before settings are read.

The first process starts PostgreSQL and Redis for the whole run, unless DATABASE_URL or REDIS_URL name others;
the workers of pytest-xdist inherit the environment, and take a Redis database of their own.
Nothing outlives the run: identity/local/keeper.py ends the servers even when pytest is killed.
"""

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from identity.local import redis
from identity.local.cluster import Cluster
from identity.local.programs import VAR, Lock

HOME = VAR / "test"
ENVIRONMENT = {
    # A developer's own `.env` must not decide whether tests pass.
    "DOTENV": os.devnull,
    "DEBUG": "true",
    "BASE_URL": "http://localhost",
    "SECRET_KEY": "tests-only-3vZqk1Wm8YtR5uXc7Lh2Pj9Nb4Gs6Df0Ae-KoTiVyQw",
    "FIELD_ENCRYPTION_KEYS": "dGVzdHMtb25seS1maWVsZC1rZXktMzItYnl0ZXMtLi4=",
    "TRUSTED_PROXY_COUNT": "1",
    # The smallest that Argon2 takes: tests sign in thousands of times.
    "PASSWORD_HASH_MEMORY_KIB": "64",
    "LOG_LEVEL": "WARNING",
}
# What is lost in a power cut is only a test run.
FAST_POSTGRES = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "autovacuum": "off",
}


class Services:
    """The servers of one test run, below a directory of its own."""

    def __init__(self) -> None:
        self.home = HOME / str(os.getpid())
        self._claim = _claimed(self.home)
        self._postgres = Cluster(self.home / "postgres", FAST_POSTGRES)
        self._redis = redis.Server(self.home)

    def start(self) -> None:
        if not os.environ.get("DATABASE_URL"):
            self._postgres.start()
            os.environ["DATABASE_URL"] = self._postgres.url("identity")
        if not os.environ.get("REDIS_URL"):
            self._redis.start()
            os.environ["REDIS_URL"] = self._redis.url

    def stop(self) -> None:
        self._postgres.stop()
        self._redis.close()
        shutil.rmtree(self.home, ignore_errors=True)
        self._claim.path.unlink()
        self._claim.free()


_services = pytest.StashKey[Services]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    # Before pytest-django, which loads the settings in the same hook.
    os.environ.update(ENVIRONMENT)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    asked = early_config.known_args_namespace
    if worker:
        os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL']}/{1 + int(worker.removeprefix('gw'))}"
    elif not (asked.help or asked.version):
        services = early_config.stash[_services] = Services()
        services.start()
    return (yield)


def pytest_unconfigure(config: pytest.Config) -> None:
    services = config.stash.get(_services, None)
    if services is not None:
        services.stop()


def _claimed(home: Path) -> Lock:
    """A lock on a directory for this run; what killed runs left behind goes."""
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
