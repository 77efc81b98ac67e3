"""Node, and the providers in it that tests sign in with: their packages as the lock file says, fetched once."""

import hashlib
import re
import shutil
import subprocess

from identity.local import system
from identity.local.programs import ROOT, VAR, Lock, MachineError

PACKAGE = ROOT / "tests" / "machines" / "oidc"
STAMP = PACKAGE / "node_modules" / ".installed"
LOG = VAR / "log" / "npm.log"
OLDEST = 20
TIMEOUT = 300


def provide() -> str:
    """The path of a Node that runs, with the packages in place. Tests are not skipped in silence."""
    node = find() or (find() if system.install("nodejs", "npm") else None)
    if node is None:
        raise MachineError(
            f"tests of sign-in with other providers need Node {OLDEST} or newer, with npm: install it "
            f"(Debian, Ubuntu: apt-get install nodejs npm, if that is new enough, else from nodejs.org; "
            f"macOS: brew install node)."
        )
    lock = Lock(VAR / "npm.lock")
    # Workers of one test run come at the same time.
    lock.take()
    try:
        _install_packages()
    finally:
        lock.free()
    return node


def find() -> str | None:
    node = shutil.which("node")
    return node if node and shutil.which("npm") and version(node) >= OLDEST else None


def version(node: str) -> int:
    """0 for one that does not run."""
    try:
        said = subprocess.run([node, "--version"], check=False, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(r"v(\d+)\.", said.stdout)
    return int(found[1]) if found else 0


def _install_packages() -> None:
    wanted = hashlib.sha256((PACKAGE / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    LOG.parent.mkdir(parents=True, exist_ok=True)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    with LOG.open("ab") as log:
        try:
            done = subprocess.run(
                command,
                check=False,
                cwd=PACKAGE,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=TIMEOUT,
            )
        except subprocess.TimeoutExpired:
            done = None
    if done is None or done.returncode != 0:
        raise MachineError(f"the providers for tests could not be installed by `npm ci`; see {LOG}.")
    STAMP.write_text(wanted)
