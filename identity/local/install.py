"""Brings `.venv` to what uv.lock says, on a machine that has Python and nothing else. `make setup` runs it.

The standard library only: it runs before anything is installed, with the machine's own Python.

uv itself: one that is on PATH is used when it is new enough to read our lock, since it already knows this
machine's certificates and cache. Otherwise UV_VERSION is installed into `.uv/`, by the machine's pip and
from the index that pip is configured for; the machine itself is not touched.

Packages: `uv sync --frozen` fetches from the addresses in uv.lock, whatever index is configured. On a machine
that has an index of its own those may be out of reach: there the same versions, with the same hashes, come
from that index.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
OWN_UV = ROOT / ".uv"
UV_VERSION = "0.13.8"
UV_OLDEST = (0, 8, 0)
# These must share one libxml2, and built from source they would not.
NEVER_BUILT = ("lxml", "xmlsec")


def main() -> int:
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted():
        return 0
    started = time.monotonic()
    print("Installing what the project needs into .venv …", flush=True)
    try:
        install(uv(), own_index())
    except subprocess.CalledProcessError as error:
        print(f"Setup failed: `{' '.join(error.cmd)}` says why above.", file=sys.stderr)
        return 1
    STAMP.write_text(wanted())
    print(f"Installed in {time.monotonic() - started:.0f} s.", flush=True)
    return 0


def wanted() -> str:
    files = [ROOT / "uv.lock", ROOT / "pyproject.toml"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


# --- The packages ------------------------------------------------------------------------------------


def install(uv: str, index: dict[str, str] | None) -> None:
    ours = {"UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(VENV)}
    environment = {**os.environ, **certificates(), **(index or {}), **ours}
    python = [] if PYTHON.exists() else ["--python", sys.executable]

    def run(*command: str) -> None:
        subprocess.run([uv, "--quiet", *command], cwd=ROOT, env=environment, check=True)

    if index is None:
        run("sync", "--frozen", *python)
        return
    if python:
        run("venv", "--clear", *python, str(VENV))
    OWN_UV.mkdir(exist_ok=True)
    requirements = str(OWN_UV / "requirements.txt")
    run("export", "--frozen", "--no-emit-project", "--output-file", requirements)
    wheels_only = [part for name in NEVER_BUILT for part in ("--only-binary", name)]
    run("pip", "sync", "--require-hashes", *wheels_only, requirements)


# --- uv ----------------------------------------------------------------------------------------------


def uv() -> str:
    own = str(OWN_UV / "bin" / "uv")
    for candidate in (shutil.which("uv"), own):
        if candidate and version(candidate) >= UV_OLDEST:
            return candidate
    bootstrap()
    return own


def version(uv: str) -> tuple[int, ...]:
    """Empty for a missing program, and for a launcher that only says that there is none."""
    found = re.match(r"uv (\d+)\.(\d+)\.(\d+)", output(uv, "--version"))
    return tuple(map(int, found.groups())) if found else ()


def bootstrap() -> None:
    package = f"uv=={UV_VERSION}"
    shutil.rmtree(OWN_UV, ignore_errors=True)
    # Debian may ship Python without ensurepip, so that `venv` fails, and have pip all the same.
    if importlib.util.find_spec("ensurepip") and has_venv():
        pip(str(OWN_UV / "bin" / "python"), "install", package)
    elif importlib.util.find_spec("pip"):
        pip(sys.executable, "install", "--target", str(OWN_UV), package)
    else:
        name = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        sys.exit(f"This Python has neither venv nor pip. On Debian and Ubuntu: apt-get install {name}")


def has_venv() -> bool:
    made = subprocess.run([sys.executable, "-m", "venv", str(OWN_UV)], check=False, capture_output=True)
    return made.returncode == 0


def pip(python: str, *arguments: str) -> None:
    quiet = ["--quiet", "--disable-pip-version-check", "--root-user-action", "ignore"]
    subprocess.run([python, "-m", "pip", *arguments, *quiet], cwd=ROOT, check=True)


# --- The package index this machine is configured for ------------------------------------------------


def own_index() -> dict[str, str] | None:
    """What to tell uv so that it uses the machine's own index; None when there is no such index."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if os.environ.get(name):
            return {}
    index, extra = pip_setting("index-url"), pip_setting("extra-index-url")
    if index:
        return {"UV_DEFAULT_INDEX": index, **({"UV_INDEX": extra} if extra else {})}
    return {} if uv_file_names_index() else None


def certificates() -> dict[str, str]:
    """uv brings certificates of its own; pip and the machine may know more of them, such as a company's."""
    named = pip_setting("cert")
    if named and not os.environ.get("SSL_CERT_FILE"):
        return {"SSL_CERT_FILE": named}
    if sys.platform == "darwin" or ssl.create_default_context().cert_store_stats()["x509_ca"]:
        # The second name is the one that older versions read.
        return {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}
    return {}


def pip_setting(name: str) -> str:
    """What pip would use, from whichever of its files and variables it comes."""
    listed = output(sys.executable, "-m", "pip", "config", "list")
    found = dict(re.findall(rf"^(global|install|:env:)\.{name}='(.*)'$", listed, re.MULTILINE))
    # The environment wins over both files' sections, as it does in pip.
    chosen: str = found.get(":env:") or found.get("install") or found.get("global") or ""
    return chosen.replace("\\n", " ").strip()


def uv_file_names_index() -> bool:
    folders = [os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config"), "/etc"]
    files = [Path(folder, "uv", "uv.toml") for folder in folders]
    return any(names_index(file) for file in [*files, Path(os.environ.get("UV_CONFIG_FILE", ""))])


def names_index(file: Path) -> bool:
    if not file.is_file():
        return False
    written = tomllib.loads(file.read_text(encoding="utf-8"))
    return bool({"index", "index-url"} & {*written, *written.get("pip", {})})


def output(*command: str) -> str:
    try:
        return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True).stdout
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
