"""`make setup`: which uv, which index, which certificates; decided with the machine's own Python alone."""

import os
import sys

import pytest

from identity.local import install


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A checkout and a machine with nothing on it."""
    places = {"VENV": ".venv", "PYTHON": ".venv/bin/python", "STAMP": ".venv/.installed", "OWN_UV": ".uv"}
    for name, place in {"ROOT": "", **places}.items():
        monkeypatch.setattr(install, name, tmp_path / place)
    for name in ("bin", ".venv/bin", ".uv/bin", "empty"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "uv.lock").write_text("locked")
    (tmp_path / "pyproject.toml").write_text("wanted")
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_", "SSL_CERT"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "empty"))
    monkeypatch.setattr(sys, "executable", script(tmp_path / "bin" / "python", "exit 1"))
    return tmp_path


def script(path, body):
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def fake_uv(home, body="exit 0"):
    """Writes down what it was asked, and with which index and environment."""
    note = f'echo "$@ | $UV_DEFAULT_INDEX | $VIRTUAL_ENV" >> {home}/asked'
    return script(home / "bin" / "uv", f'[ "$1" = --version ] && echo "uv 0.9.1" && exit\n{note}\n{body}')


def asked(home):
    return [line.split(" | ") for line in (home / "asked").read_text().splitlines()]


def pip_says(home, *lines):
    script(home / "bin" / "python", "cat <<'END'\n" + "\n".join(lines) + "\nEND")


# --- When there is something to do


def test_what_is_installed_already_is_left_alone(home):
    (home / ".venv" / "bin" / "python").touch()
    install.STAMP.write_text(install.wanted())
    fake_uv(home)
    assert install.main() == 0
    assert not (home / "asked").exists()


@pytest.mark.parametrize("changed", ["uv.lock", "pyproject.toml", ".venv/.installed"])
def test_a_change_of_what_is_wanted_installs_anew(home, changed, capsys):
    (home / ".venv" / "bin" / "python").touch()
    install.STAMP.write_text(install.wanted())
    (home / changed).write_text("something else")
    fake_uv(home)
    assert install.main() == 0
    assert asked(home)
    assert install.STAMP.read_text() == install.wanted()


def test_a_missing_venv_installs_anew(home):
    install.STAMP.write_text(install.wanted())
    fake_uv(home)
    assert install.main() == 0
    assert asked(home)[0][0] == f"--quiet sync --frozen --python {sys.executable}"


def test_a_failure_names_the_command_and_is_tried_again(home, capsys):
    fake_uv(home, "exit 2")
    assert install.main() == 1
    assert "sync --frozen" in capsys.readouterr().err
    assert not install.STAMP.exists()


# --- Which uv


@pytest.mark.parametrize("said", ["uv 0.7.22", "uv: command not found", "uvx 9.9.9", ""])
def test_an_old_or_broken_uv_is_passed_over_for_our_own(home, said):
    script(home / "bin" / "uv", f"echo '{said}'")
    own = script(home / ".uv" / "bin" / "uv", f"echo 'uv {install.UV_VERSION}'")
    assert install.uv() == own


@pytest.mark.parametrize("said", ["uv 0.8.0", "uv 0.13.8 (abc 2026-01-01)", "uv 1.0.0"])
def test_the_machines_uv_is_taken_when_it_reads_our_lock(home, said):
    found = script(home / "bin" / "uv", f"echo '{said}'")
    assert install.uv() == found


def test_the_version_we_install_is_new_enough_for_ourselves():
    assert tuple(map(int, install.UV_VERSION.split("."))) >= install.UV_OLDEST


@pytest.fixture
def pips(home, monkeypatch):
    """What pip was asked for; `modules` is what this machine's Python has."""
    calls = []
    monkeypatch.setattr(install, "pip", lambda python, *arguments: calls.append([python, *arguments]))
    return calls


def python_has(monkeypatch, *modules):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name in modules or None)


def test_uv_comes_into_a_venv_of_its_own(home, pips, monkeypatch):
    python_has(monkeypatch, "ensurepip", "pip")
    script(home / "bin" / "python", 'mkdir -p "$3/bin"')
    install.bootstrap()
    assert pips == [[f"{home}/.uv/bin/python", "install", f"uv=={install.UV_VERSION}"]]


@pytest.mark.parametrize("modules", [["pip"], ["ensurepip", "pip"]])
def test_where_venv_is_missing_pip_will_do(pips, monkeypatch, modules):
    python_has(monkeypatch, *modules)  # and the Python of this machine fails at everything
    install.bootstrap()
    assert pips[0][:3] == [sys.executable, "install", "--target"]


@pytest.mark.parametrize("modules", [[], ["ensurepip"]])
def test_with_neither_it_names_the_package_to_install(pips, monkeypatch, modules):
    python_has(monkeypatch, *modules)
    with pytest.raises(SystemExit, match=rf"apt-get install python3\.{sys.version_info.minor}-venv"):
        install.bootstrap()
    assert pips == []


# --- Which index


def test_without_an_index_of_its_own_the_lock_decides(home):
    assert install.own_index() is None


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["global.index-url='https://a/'"], {"UV_DEFAULT_INDEX": "https://a/"}),
        ([":env:.index-url='https://e/'"], {"UV_DEFAULT_INDEX": "https://e/"}),
        (
            ["global.extra-index-url='\\nhttps://b/\\nhttps://c/'", "global.index-url='https://a/'"],
            {"UV_DEFAULT_INDEX": "https://a/", "UV_INDEX": "https://b/ https://c/"},
        ),
        (["global.extra-index-url='https://b/'"], None),
        (["download.index-url='https://a/'", "global.timeout='9'"], None),
    ],
)
def test_the_index_of_pip_is_told_to_uv(home, lines, told):
    pip_says(home, *lines)
    assert install.own_index() == told


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_an_index_uv_knows_already_is_not_overruled(home, monkeypatch, name):
    pip_says(home, "global.index-url='https://a/'")
    monkeypatch.setenv(name, "https://b/")
    assert install.own_index() == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('index-url = "https://a/"', True),
        ('[[index]]\nurl = "https://a/"', True),
        ('[pip]\nindex-url = "https://a/"', True),
        ("offline = true", False),
    ],
)
def test_an_index_in_the_file_of_uv_counts(home, monkeypatch, text, found):
    (home / "uv.toml").write_text(text)
    monkeypatch.setenv("UV_CONFIG_FILE", str(home / "uv.toml"))
    assert (install.own_index() == {}) is found


def test_from_an_index_of_its_own_come_the_same_versions_with_the_same_hashes(home):
    install.install(fake_uv(home), {"UV_DEFAULT_INDEX": "https://a/"})
    commands = [line[0].removeprefix("--quiet ") for line in asked(home)]
    assert commands[0].startswith("venv --clear --python")
    assert commands[1].startswith("export --frozen")
    assert commands[2].startswith("pip sync --require-hashes --only-binary lxml --only-binary xmlsec")
    assert {tuple(line[1:]) for line in asked(home)} == {("https://a/", str(home / ".venv"))}


def test_a_venv_that_is_there_is_kept(home):
    install.PYTHON.touch()
    install.install(fake_uv(home), {})
    install.install(fake_uv(home), None)
    assert not [line for line in asked(home) if "--python" in line[0] or " venv " in line[0]]


# --- Which certificates


def test_the_certificates_of_pip_are_told_to_uv(home):
    pip_says(home, "global.cert='/etc/company.pem'")
    assert install.certificates() == {"SSL_CERT_FILE": "/etc/company.pem"}


def test_certificates_that_are_set_are_not_overruled(home, monkeypatch):
    pip_says(home, "global.cert='/etc/company.pem'")
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/other.pem")
    assert "SSL_CERT_FILE" not in install.certificates()


def test_a_machine_without_certificates_uses_those_of_uv(home, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(home / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(home / "none"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert install.certificates() == {}
