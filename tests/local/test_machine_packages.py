"""What the machine has, and what its package manager may add: Redis, a browser, providers to sign in at."""

import os
import shutil
import subprocess

import pytest

from identity.local import browser, node, redis, saml, system
from identity.local.programs import MachineError


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A PATH with nothing on it but what a test puts there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(system, "LOG", tmp_path / "log" / "apt.log")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    system._apt.cache_clear()
    yield tmp_path
    system._apt.cache_clear()


def program(machine, name, body="exit 0"):
    path = machine / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def apt(machine, body="exit 0"):
    program(machine, "apt-get", f'echo "$DEBIAN_FRONTEND $@" >> {machine}/asked; {body}')


def brings(path):
    """What a script does to leave a program behind."""
    return f'echo "#!/bin/sh" > {path}; /bin/chmod +x {path}'


def asked(machine):
    return (machine / "asked").read_text().splitlines() if (machine / "asked").exists() else []


@pytest.fixture
def root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.fixture
def nobody(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def test_packages_are_installed_without_a_question(machine, root):
    apt(machine)
    assert system.install("a", "b")
    assert asked(machine) == [
        "noninteractive update",
        "noninteractive install -y --no-install-recommends a b",
    ]


def test_a_failed_update_installs_nothing_and_its_words_are_kept(machine, root):
    apt(machine, "echo no network >&2; exit 100")
    assert not system.install("a")
    assert asked(machine) == ["noninteractive update"]
    assert "no network" in system.LOG.read_text()


def test_an_apt_that_hangs_is_given_up(machine, root, monkeypatch):
    monkeypatch.setattr(system, "TIMEOUT", 0.1)
    apt(machine, "exec /bin/sleep 60")
    assert not system.install("a")


def test_without_apt_nothing_is_installed(machine, root):
    assert not system.install("a")


@pytest.mark.parametrize(
    ("sudo", "installed"), [('shift; exec "$@"', True), ("exit 1", False), (None, False)]
)
def test_others_than_root_need_a_sudo_that_asks_nothing(machine, nobody, sudo, installed):
    apt(machine)
    program(machine, "true")
    if sudo:
        program(machine, "sudo", sudo)
    assert system.install("a") is installed
    assert bool(asked(machine)) is installed


# --- Redis


def test_redis_of_the_machine_comes_first_then_valkey(machine):
    valkey = program(machine, "valkey-server")
    assert redis.binary() == valkey
    server = program(machine, "redis-server")
    assert redis.binary() == server


def test_a_redis_that_is_missing_is_installed(machine, root):
    apt(machine, f'[ "$1" = update ] || {{ {brings(machine / "redis-server")}; }}')
    assert redis.binary() == str(machine / "redis-server")


def test_a_redis_that_cannot_be_had_is_one_sentence(machine, root):
    with pytest.raises(MachineError, match=r"tests need Redis: .*redis-server.*REDIS_URL"):
        redis.binary()


def test_a_redis_that_does_not_start_says_why(machine):
    program(machine, "redis-server", "echo out of luck; exit 1")
    server = redis.Server(machine)
    with pytest.raises(MachineError, match=r"Redis does not start: out of luck \(see .*redis\.log\)"):
        server.start()
    server.close()


# --- The browser


@pytest.fixture
def candidates(machine, monkeypatch):
    """Without the one that Playwright knows of."""
    monkeypatch.setattr(browser, "MACOS", [])
    monkeypatch.setattr(browser, "_candidates", lambda: filter(None, map(shutil.which, browser.NAMES)))
    monkeypatch.setattr(browser, "DOWNLOAD_LOG", machine / "log" / "browser.log")
    return machine


def test_the_browser_that_is_named_wins(candidates, monkeypatch):
    program(candidates, "chromium")
    monkeypatch.setenv("CHROMIUM", program(candidates, "mine"))
    assert browser.find() == str(candidates / "mine")


@pytest.mark.parametrize("body", ["exit 1", None])
def test_a_named_browser_that_does_not_run_is_not_replaced_in_silence(candidates, monkeypatch, body):
    program(candidates, "chromium")
    monkeypatch.setenv("CHROMIUM", program(candidates, "mine", body) if body else "/no/such/browser")
    with pytest.raises(MachineError, match=r"CHROMIUM is set to /.*, which does not run"):
        browser.provide()


def test_a_script_that_only_says_where_to_get_one_is_no_browser(candidates):
    program(candidates, "chromium", "echo 'snap install chromium' >&2; exit 1")
    chrome = program(candidates, "google-chrome")
    assert browser.provide() == chrome


def test_it_is_downloaded_before_it_is_installed(candidates, root, monkeypatch):
    download = f'echo "$@" >> {candidates}/asked; {brings(candidates / "chromium")}'
    python = program(candidates, "python", download)
    monkeypatch.setattr(browser.sys, "executable", python)
    apt(candidates)
    assert browser.provide() == str(candidates / "chromium")
    assert asked(candidates) == ["-m playwright install chromium"]


def test_when_the_download_fails_it_is_installed(candidates, root, monkeypatch):
    monkeypatch.setattr(browser.sys, "executable", program(candidates, "python", "exit 1"))
    apt(candidates, f'[ "$1" = update ] || {{ {brings(candidates / "chromium")}; }}')
    assert browser.provide() == str(candidates / "chromium")
    assert asked(candidates)[1].endswith("chromium fonts-liberation")


def test_a_download_that_hangs_is_given_up_and_nothing_left_is_said(candidates, root, monkeypatch):
    monkeypatch.setattr(browser, "DOWNLOAD_TIMEOUT", 0.1)
    monkeypatch.setattr(browser.sys, "executable", program(candidates, "python", "exec /bin/sleep 60"))
    with pytest.raises(MachineError, match=r"(?s)browser tests need Chromium.*browser\.log.*CHROMIUM"):
        browser.provide()


def test_the_machines_browser_is_looked_for_before_playwrights(machine):
    chromium = program(machine, "chromium")
    assert next(iter(browser._candidates())) == chromium


def test_a_browser_that_hangs_does_not_run(machine, monkeypatch):
    monkeypatch.setattr(subprocess, "run", timed_out)
    assert not browser.runs(program(machine, "chromium"))


def timed_out(command, **options):
    raise subprocess.TimeoutExpired(command, options["timeout"])


# --- Node


@pytest.fixture
def npm(machine, monkeypatch):
    """A machine with Node and an npm that notes what it is asked."""
    package = machine / "package"
    (package / "node_modules").mkdir(parents=True)
    (package / "package-lock.json").write_text("{}")
    monkeypatch.setattr(node, "PACKAGE", package)
    monkeypatch.setattr(node, "STAMP", package / "node_modules" / ".installed")
    monkeypatch.setattr(node, "LOG", machine / "log" / "npm.log")
    monkeypatch.setattr(node, "VAR", machine)
    program(machine, "npm", f'echo "$@" >> {machine}/asked')
    return machine


def test_packages_of_node_are_installed_once_for_each_lock_file(npm):
    path = program(npm, "node", "echo v20.20.2")
    assert node.provide() == node.provide() == path
    assert len(asked(npm)) == 1
    assert asked(npm)[0].startswith("ci --ignore-scripts")
    (node.PACKAGE / "package-lock.json").write_text("{ }")
    node.provide()
    assert len(asked(npm)) == 2


@pytest.mark.parametrize("said", ["echo v18.19.0", "echo nonsense", "exit 1"])
def test_a_node_that_is_too_old_or_none_is_not_taken(npm, said):
    program(npm, "node", said)
    with pytest.raises(MachineError, match=r"Node 20 or newer, with npm: install it .*brew install node"):
        node.provide()


def test_packages_of_node_that_cannot_be_had_are_told(npm):
    program(npm, "node", "echo v22.0.0")
    program(npm, "npm", "echo no network >&2; exit 1")
    with pytest.raises(MachineError, match=r"npm ci.*npm\.log"):
        node.provide()
    assert not node.STAMP.exists()


def test_an_npm_that_hangs_is_given_up(npm, monkeypatch):
    program(npm, "node", "echo v22.0.0")
    program(npm, "npm", "exec /bin/sleep 60")
    monkeypatch.setattr(node, "TIMEOUT", 0.1)
    with pytest.raises(MachineError, match="npm ci"):
        node.provide()


# --- Providers that speak SAML


@pytest.fixture
def packages(machine, monkeypatch):
    """An apt that downloads SimpleSAMLphp, and a dpkg-deb that unpacks it."""
    monkeypatch.setattr(saml, "HOME", machine / "simplesamlphp")
    monkeypatch.setattr(saml, "VAR", machine)
    monkeypatch.delenv("SIMPLESAMLPHP", raising=False)
    apt(machine, '[ "$1" != download ] || : > "$2.deb"')
    made = machine / "simplesamlphp" / saml.WITHIN
    files = " ".join(str(made / name) for name in ("www/saml2/idp/SSOService.php", "lib/_autoload.php"))
    program(machine, "dpkg-deb", f"/bin/mkdir -p {made}/www/saml2/idp {made}/lib; /usr/bin/touch {files}")
    return machine


def test_simplesamlphp_is_unpacked_once_and_not_installed(packages, nobody):
    assert saml.simplesamlphp() == saml.simplesamlphp() == packages / "simplesamlphp" / saml.WITHIN
    assert asked(packages) == ["noninteractive download simplesamlphp"]


def test_apt_is_told_to_look_again_when_it_does_not_know_the_package(packages, root):
    known = packages / "known"
    apt(packages, f'case "$1" in update) : > {known};; download) [ -e {known} ] && : > "$2.deb";; esac')
    saml.simplesamlphp()
    assert [line.split()[1] for line in asked(packages)] == ["download", "update", "download"]


@pytest.mark.parametrize("missing", ["apt-get", "dpkg-deb"])
def test_simplesamlphp_that_cannot_be_had_is_one_sentence(packages, nobody, missing):
    (packages / missing).unlink()
    with pytest.raises(MachineError, match=r"SimpleSAMLphp 1\.19.*apt\.log.*set SIMPLESAMLPHP"):
        saml.simplesamlphp()


def test_a_named_simplesamlphp_is_not_replaced_in_silence(packages, monkeypatch):
    monkeypatch.setenv("SIMPLESAMLPHP", "/no/such/place")
    with pytest.raises(MachineError, match="SIMPLESAMLPHP is set to /no/such/place"):
        saml.simplesamlphp()
    found = packages / "mine"
    for name in ("www/saml2/idp/SSOService.php", "lib/_autoload.php"):
        (found / name).parent.mkdir(parents=True)
        (found / name).touch()
    monkeypatch.setenv("SIMPLESAMLPHP", str(found))
    assert saml.simplesamlphp() == found


PHP_THAT_DOES = "echo dom mbstring openssl"


def test_php_that_lacks_something_is_completed(machine, root):
    php = program(machine, "php", "echo openssl")
    apt(machine, f'[ "$1" = update ] || echo "{PHP_THAT_DOES}" >> {php}')
    assert saml.php() == php
    assert asked(machine)[1].endswith("php-cli php-xml php-mbstring")


def test_php_and_xmlsec1_that_cannot_be_had_are_one_sentence(machine, nobody):
    with pytest.raises(MachineError, match=r"need PHP 8 with dom, mbstring, openssl: .*brew install php"):
        saml.php()
    with pytest.raises(MachineError, match=r"need xmlsec1: .*brew install libxmlsec1"):
        saml.xmlsec1()


def test_what_is_there_is_taken(packages):
    php, xmlsec1 = program(packages, "php", PHP_THAT_DOES), program(packages, "xmlsec1")
    assert saml.provide() == f"{xmlsec1}, {php}, {packages / 'simplesamlphp' / saml.WITHIN}"
