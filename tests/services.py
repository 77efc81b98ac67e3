"""A pytest plugin: the environment and the servers every test relies on, before settings are read.

The first process has identity/local/servers.py start PostgreSQL and Redis for the whole run, unless DATABASE_URL or
REDIS_URL name others; the workers of pytest-xdist inherit the environment, and take a Redis database of their own.
It imports nothing of the site: coverage begins to measure only after it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Generator

import pytest

ENVIRONMENT = {
    # A developer's own `.env` must not decide whether tests pass.
    "DOTENV": os.devnull,
    "DEBUG": "true",
    "BASE_URL": "http://localhost",
    "SECRET_KEY": "tests-only-3vZqk1Wm8YtR5uXc7Lh2Pj9Nb4Gs6Df0Ae-KoTiVyQw",
    "FIELD_ENCRYPTION_KEYS": "dGVzdHMtb25seS1maWVsZC1rZXktMzItYnl0ZXMtLi4=",
    "TRUSTED_PROXY_COUNT": "1",
    # A small one: tests sign in thousands of times.
    "PASSWORD_HASH_MEMORY_KIB": "64",
    "LOG_LEVEL": "WARNING",
    # What is compiled is kept: otherwise every worker, and every machine that a test starts, compiles the whole site.
    "PYTHONDONTWRITEBYTECODE": "",
}


class Servers:
    """They live in a process of their own, until its standard input is closed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "identity.local.servers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C ends the tests; the servers end after them.
            start_new_session=True,
        )

    def environment(self) -> dict[str, str]:
        said = self._process.stdout.readline()
        if not said:
            self.stop()
            raise pytest.UsageError("The servers that tests need did not start: the reason is above.")
        return json.loads(said)

    def stop(self) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()


_servers = pytest.StashKey[Servers]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    # Before pytest-django, which loads the settings in the same hook.
    os.environ.update(ENVIRONMENT)
    sys.dont_write_bytecode = False
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    asked = early_config.known_args_namespace
    if worker:
        os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL']}/{1 + int(worker.removeprefix('gw'))}"
    elif not (asked.help or asked.version):
        servers = early_config.stash[_servers] = Servers()
        os.environ.update(servers.environment())
    return (yield)


def pytest_unconfigure(config: pytest.Config) -> None:
    servers = config.stash.get(_servers, None)
    if servers is not None:
        servers.stop()
