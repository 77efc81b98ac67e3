"""What the SAML providers that tests sign in at need of the machine: xmlsec1 for pysaml2, and SimpleSAMLphp with PHP.

SimpleSAMLphp is taken out of Debian's package rather than installed: installed, it would bring a web server along.
"""

import os
import shutil
import subprocess
from pathlib import Path

from identity.local import system
from identity.local.programs import VAR, Lock, MachineError

HOME = VAR / "simplesamlphp"
WITHIN = Path("usr", "share", "simplesamlphp")
# Later ones keep their files elsewhere.
VERSION = "1.19"
EXTENSIONS = {"dom", "mbstring", "openssl"}


def provide() -> str:
    """All of it, and where it is. Tests are not skipped in silence."""
    return f"{xmlsec1()}, {php()}, {simplesamlphp()}"


def xmlsec1() -> str:
    """By which pysaml2 signs and encrypts."""
    found = shutil.which("xmlsec1") or (shutil.which("xmlsec1") if system.install("xmlsec1") else None)
    if found is None:
        raise MachineError(
            "tests of organizations' sign-in need xmlsec1: install it (Debian, Ubuntu: apt-get install xmlsec1; "
            "macOS: brew install libxmlsec1)."
        )
    return found


def php() -> str:
    found = _php() or (_php() if system.install("php-cli", "php-xml", "php-mbstring") else None)
    if found is None:
        raise MachineError(
            f"tests of organizations' sign-in need PHP 8 with {', '.join(sorted(EXTENSIONS))}: install it "
            "(Debian, Ubuntu: apt-get install php-cli php-xml php-mbstring; macOS: brew install php)."
        )
    return found


def simplesamlphp() -> Path:
    """Its directory, with `www` in it."""
    named = os.environ.get("SIMPLESAMLPHP")
    if named:
        if not _is_whole(Path(named)):
            raise MachineError(f"SIMPLESAMLPHP is set to {named}, where SimpleSAMLphp {VERSION} is not.")
        return Path(named)
    lock = Lock(VAR / "simplesamlphp.lock")
    # Workers of one test run come at the same time.
    lock.take()
    try:
        if not _is_whole(HOME / WITHIN):
            _unpack()
    finally:
        lock.free()
    return HOME / WITHIN


def _unpack() -> None:
    if not system.unpack("simplesamlphp", HOME) or not _is_whole(HOME / WITHIN):
        raise MachineError(
            f"SimpleSAMLphp {VERSION}, which tests sign in at, could not be taken from Debian's package (see "
            f"{system.LOG}). Unpack a release of {VERSION}, and set SIMPLESAMLPHP to its directory."
        )


def _is_whole(home: Path) -> bool:
    return all((home / name).is_file() for name in ("www/saml2/idp/SSOService.php", "lib/_autoload.php"))


def _php() -> str | None:
    found = shutil.which("php")
    try:
        said = subprocess.run([found or "php", "-m"], check=False, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found if said.stdout.split() and set(said.stdout.split()) >= EXTENSIONS else None
