"""The machine's own package manager, where we may use it without asking anybody for a password."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from identity.local.programs import VAR

LOG = VAR / "log" / "apt.log"
TIMEOUT = 600


def install(*packages: str) -> bool:
    """True when apt installed them; what it said is in var/log/apt.log."""
    apt = _apt()
    if apt is None:
        return False
    return _quietly(*apt, "update") and _quietly(*apt, "install", "-y", "--no-install-recommends", *packages)


def unpack(package: str, into: Path) -> bool:
    """What is in a package, without installing it: nothing of the machine changes, and nothing is started."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return False
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    return _download(package, into) and all(
        _quietly("dpkg-deb", "--extract", str(file), str(into)) for file in into.glob("*.deb")
    )


def _download(package: str, into: Path) -> bool:
    """Needs nobody's permission, if apt knows where the package is."""
    command = ("apt-get", "download", package)
    if _quietly(*command, within=into):
        return True
    apt = _apt()
    return apt is not None and _quietly(*apt, "update") and _quietly(*command, within=into)


@cache
def _apt() -> tuple[str, ...] | None:
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ("apt-get",)
    if shutil.which("sudo") and _quietly("sudo", "-n", "true"):
        return ("sudo", "-n", "apt-get")
    return None


def _quietly(*command: str, within: Path | None = None) -> bool:
    LOG.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with LOG.open("ab") as log:
        try:
            done = subprocess.run(
                command,
                check=False,
                cwd=within,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                timeout=TIMEOUT,
            )
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0
