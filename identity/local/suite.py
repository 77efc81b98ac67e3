"""What `make test`, `coverage`, `lint`, `types` and `check` run: each step with its output and its time."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from identity.local import browser, node, production, saml, screen
from identity.local.programs import ROOT, MachineError

PYTHON = sys.executable
# A developer's own `.env` must not decide whether tests pass.
DEVELOPMENT = {**os.environ, "DOTENV": os.devnull, "DEBUG": "true"}
# More workers than this only wait for the one database.
MOST_WORKERS = 8


def main(wanted: Sequence[str], arguments: Sequence[str] = ()) -> int:
    steps: dict[str, Callable[[], bool]] = {
        "browser": find_browser,
        "node": find_node,
        "saml": find_saml,
        "lint": lint,
        "types": types,
        "migrations": migrations,
        "deploy": deploy,
        "tests": lambda: tests(arguments),
        "coverage": lambda: coverage(arguments),
    }
    # What coverage measures is the same tests once more, and slower.
    wanted = wanted or [name for name in steps if name != "coverage"]
    unknown = set(wanted) - steps.keys()
    if unknown:
        screen.say(f"There is no step {', '.join(sorted(unknown))}; there are {', '.join(steps)}.")
        return 2
    started = time.monotonic()
    results = {name: timed(name, run) for name, run in steps.items() if name in wanted}
    if len(results) > 1:
        summarize(results, time.monotonic() - started)
    return 0 if all(passed for passed, _ in results.values()) else 1


def find_browser() -> bool:
    try:
        os.environ["CHROMIUM"] = browser.provide()
    except MachineError as error:
        screen.say(str(error))
        return False
    screen.say(os.environ["CHROMIUM"])
    return True


def find_node() -> bool:
    try:
        screen.say(node.provide())
    except MachineError as error:
        screen.say(str(error))
        return False
    return True


def find_saml() -> bool:
    try:
        screen.say(saml.provide())
    except MachineError as error:
        screen.say(str(error))
        return False
    return True


def lint() -> bool:
    style = run(PYTHON, "-m", "ruff", "check", "--quiet", ".")
    layout = run(PYTHON, "-m", "ruff", "format", "--quiet", "--check", ".")
    return style and layout


def types() -> bool:
    packages = sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests")
    return run(PYTHON, "-m", "mypy", *packages, "manage.py")


def migrations() -> bool:
    return run(PYTHON, "manage.py", "makemigrations", "--check", "--dry-run")


def deploy() -> bool:
    command = [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return run(*command, env=production.environment())


def tests(arguments: Sequence[str]) -> bool:
    # One more than processors: now and then each waits for what a test has broken.
    workers = min((os.cpu_count() or 2) + 1, MOST_WORKERS)
    # The slowest tests come last and side by side: whoever has nothing left takes over half of what others have.
    shared = ["--numprocesses", str(workers), "--dist", "worksteal"]
    return run(PYTHON, "-m", "pytest", *shared, *arguments)


def coverage(arguments: Sequence[str]) -> bool:
    return tests(["--cov", "--cov-report=term:skip-covered", *arguments])


def run(*command: str, env: Mapping[str, str] = DEVELOPMENT) -> bool:
    screen.say(screen.paint("$ " + shlex.join(command).replace(PYTHON, "python"), "dim"))
    found = {"CHROMIUM": os.environ["CHROMIUM"]} if "CHROMIUM" in os.environ else {}
    return subprocess.run(command, check=False, cwd=ROOT, env={**env, **found}).returncode == 0


def timed(name: str, step: Callable[[], bool]) -> tuple[bool, float]:
    screen.heading(name.capitalize())
    started = time.monotonic()
    passed = step()
    seconds = time.monotonic() - started
    screen.result(name.capitalize(), passed=passed, seconds=seconds)
    return passed, seconds


def summarize(results: Mapping[str, tuple[bool, float]], seconds: float) -> None:
    screen.heading("Summary")
    for name, (passed, duration) in results.items():
        screen.result(name.capitalize(), passed=passed, seconds=duration)
    screen.result("All", passed=all(passed for passed, _ in results.values()), seconds=seconds)


if __name__ == "__main__":
    # `suite [STEP…] [-- ARGUMENT…]`: no step means all of them, what follows `--` is for pytest.
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    try:
        sys.exit(main(sys.argv[1:split], sys.argv[split + 1 :]))
    except KeyboardInterrupt:
        sys.exit(130)
