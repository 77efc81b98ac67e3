"""A headless Chromium for the browser tests: found on the machine, else downloaded, else installed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from playwright.sync_api import sync_playwright

from identity.local import system
from identity.local.programs import VAR, MachineError

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
MACOS = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
]
DOWNLOAD_LOG = VAR / "log" / "browser.log"
DOWNLOAD_TIMEOUT = 300
CONNECTION_TIMEOUT = 4


def provide() -> str:
    """The path of a Chromium that runs. It never answers "none": browser tests are not skipped in silence."""
    for found in (find, _downloaded, _installed):
        path = found()
        if path:
            return path
    raise MachineError(
        "browser tests need Chromium, and it could be neither found, downloaded nor installed "
        f"(see {DOWNLOAD_LOG}). Install it (Debian: apt-get install chromium fonts-liberation; "
        "macOS: brew install --cask chromium), or set CHROMIUM to its path."
    )


def find() -> str | None:
    named = os.environ.get("CHROMIUM")
    if named and not runs(named):
        raise MachineError(f"CHROMIUM is set to {named}, which does not run.")
    return named or next(filter(runs, _candidates()), None)


def runs(path: str) -> bool:
    """Some systems ship a script of that name which only says where to get the browser."""
    try:
        done = subprocess.run([path, "--version"], check=False, capture_output=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, NAMES))
    yield from filter(os.path.exists, MACOS)
    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def _downloaded() -> str | None:
    DOWNLOAD_LOG.parent.mkdir(parents=True, exist_ok=True)
    milliseconds = str(CONNECTION_TIMEOUT * 1000)
    environment = {**os.environ, "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": milliseconds}
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    with DOWNLOAD_LOG.open("ab") as log:
        try:
            subprocess.run(
                command, check=False, stdout=log, stderr=log, env=environment, timeout=DOWNLOAD_TIMEOUT
            )
        except subprocess.TimeoutExpired:
            return None
    return find()


def _installed() -> str | None:
    return find() if system.install("chromium", "fonts-liberation") else None
