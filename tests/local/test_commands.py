"""The small parts of `make`: what is shown, what is run, what is deleted, what is refused."""

import os
import socket
import subprocess
import sys

import pytest

from identity.env import Env
from identity.local import (
    browser,
    clean,
    commands,
    follow,
    neighbours,
    node,
    production,
    runner,
    screen,
    servers,
    suite,
    system,
    welcome,
)
from identity.local.programs import ROOT, Lock, MachineError
from identity.local.redis import free_port


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(screen, "interactive", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


# --- make run: before anything is started


def test_a_port_that_is_taken_on_every_interface_is_busy():
    with socket.create_server(("", 0)) as other, pytest.raises(MachineError, match="cannot be used"):
        runner.refuse_busy_port(other.getsockname()[1])


def test_a_port_that_somebody_has_just_left_is_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        server.accept()[0].close()  # the side that closes first keeps the port for a while
        client.close()
    runner.refuse_busy_port(port)


@pytest.mark.parametrize("said", [b"HTTP/1.1 404 Not Found\r\n\r\n", b"HTTP/1.1 204 None\r\n\r\n", b""])
def test_a_server_that_is_not_ours_does_not_count_as_the_site(said):
    with socket.create_server(("127.0.0.1", 0)) as other:
        if os.fork() == 0:
            connection = other.accept()[0]
            connection.recv(1000)
            connection.sendall(said)
            os._exit(0)
        assert not runner.answers(other.getsockname()[1])
    os.wait()


def test_nobody_answers_at_a_free_port():
    assert not runner.answers(free_port())


def test_an_address_of_ones_own_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "VAR", tmp_path)
    monkeypatch.setenv("BASE_URL", "")
    own = runner.Site(Env({"BASE_URL": "https://id.example.org/", "PORT": "8005"}))
    given = runner.Site(Env({"PORT": "8005"}))
    assert (own.address, own.environment["BASE_URL"]) == ("https://id.example.org", "")
    assert given.address == given.environment["BASE_URL"] == "http://localhost:8005"
    own.stop()
    given.stop()


def test_a_crash_of_the_last_run_is_in_nobodys_way(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "VAR", tmp_path)
    (tmp_path / "run.lock").write_text("http://localhost:9999/which-was-longer")
    site = runner.Site(Env({"PORT": "8005", "BASE_URL": "http://a"}))
    site.claim_checkout()
    assert (tmp_path / "run.lock").read_text() == "http://a"
    site.stop()


def test_a_redis_that_is_away_is_named_without_its_password():
    with pytest.raises(MachineError, match=r"does not answer at 127\.0\.0\.1") as refusal:
        neighbours.refuse_unreachable_redis(f"redis://:hunter2@127.0.0.1:{free_port()}/0")
    assert "hunter2" not in str(refusal.value)


def test_neighbours_that_answer_are_fine(settings):
    neighbours.refuse_unreachable_redis(settings.REDIS_URL)
    server = settings.DATABASE_URL.replace("/identity?", "/postgres?")
    neighbours.refuse_unreachable_database(server)


def test_a_database_without_that_name_is_one_sentence(settings):
    with pytest.raises(MachineError, match='database "nowhere" does not exist') as refusal:
        neighbours.refuse_unreachable_database(settings.DATABASE_URL.replace("/identity?", "/nowhere?"))
    assert len(str(refusal.value).splitlines()) == 2


# --- make run: what is shown


PROVIDER = "http://127.0.0.1:8100"


def test_people_stand_in_a_table():
    people = [
        {"role": "person", "email": "a@example.org", "password": "one"},
        {"role": "administrator", "email": "longer@example.org", "password": "two"},
    ]
    lines = welcome.text("http://localhost", people, PROVIDER).splitlines()
    first, second = (line for line in lines if line.endswith(("one", "two")))
    assert first.index("a@") == second.index("longer@")
    assert first.index("one") == second.index("two")


def test_a_site_without_people_is_up_all_the_same():
    assert "http://localhost/" in welcome.text("http://localhost", [], PROVIDER)
    assert f"{PROVIDER}/" in welcome.text("http://localhost", [], PROVIDER)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "web.log"
    path.touch()
    return path


@pytest.mark.parametrize(
    "line",
    [
        "2026-01-01T00:00:00Z [warning  ] redis_unavailable",
        "2026-01-01T00:00:00Z [error    ] request",
        "[2026-01-01] ERROR in worker",
        "Traceback (most recent call last):",
        "DeprecationWarning: old",
    ],
)
def test_trouble_comes_to_the_surface(log, capsys, line):
    log.write_text(f"all is well\n{line}\n")
    follow.Follower("web", log).show_troubles()
    assert capsys.readouterr().out == f"web │ {line}\n"


@pytest.mark.parametrize("line", ["[info ] error=no", "GET /errors 200", "no Traceback", "ERRORS"])
def test_what_is_no_trouble_stays_in_the_log(log, capsys, line):
    log.write_text(f"{line}\n")
    follow.Follower("web", log).show_troubles()
    assert capsys.readouterr().out == ""


def test_each_line_is_shown_once_and_when_it_is_complete(log, capsys):
    follower = follow.Follower("web", log)
    said = []
    for part in (b"ERROR one\nERR", b"OR tw", b"o \xff\n", b""):
        with log.open("ab") as file:
            file.write(part)
        follower.show_troubles()
        said.append(capsys.readouterr().out)
    assert said == ["web │ ERROR one\n", "", "web │ ERROR two \N{REPLACEMENT CHARACTER}\n", ""]


def test_a_step_that_fails_is_marked_and_the_failure_goes_on(capsys):
    with screen.step("One"):
        pass
    with pytest.raises(ZeroDivisionError), screen.step("Two"):
        _ = 1 / 0
    assert [line[:5] for line in capsys.readouterr().out.splitlines()] == ["✓ One", "✗ Two"]


def test_colour_is_for_terminals(terminal):
    assert screen.paint("text", "red") == "\033[31mtext\033[0m"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_can_be_declined(terminal, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert screen.paint("text", "red") == "text"


def test_a_pipe_gets_no_colour(capsys):
    screen.heading("A title longer than any line" * 9)
    assert "\033" not in capsys.readouterr().out


# --- make test


@pytest.fixture
def steps(monkeypatch):
    """Each step passes and is remembered, until a test makes it fail."""
    done = []

    def passes(name):
        monkeypatch.setattr(suite, name, lambda *arguments: bool(done.append((name, *arguments))) or True)

    for name in ("find_browser", "find_node", "lint", "types", "migrations", "deploy", "tests", "coverage"):
        passes(name)
    return done


def test_all_steps_run_in_order_and_the_arguments_go_to_the_tests(steps):
    assert suite.main([], ["-k", "outbox"]) == 0
    assert [step[0] for step in steps] == [
        "find_browser",
        "find_node",
        "lint",
        "types",
        "migrations",
        "deploy",
        "tests",
    ]
    assert steps[-1] == ("tests", ["-k", "outbox"])


def test_only_the_steps_asked_for_run(steps, capsys):
    assert suite.main(["deploy", "migrations"]) == 0
    assert steps == [("migrations",), ("deploy",)]


def test_coverage_is_measured_when_asked_for(steps, capsys):
    suite.main(["browser", "node", "coverage"], ["tests/mfa"])
    assert steps == [("find_browser",), ("find_node",), ("coverage", ["tests/mfa"])]


def test_one_failure_fails_the_whole_and_stops_nothing(steps, monkeypatch, capsys):
    monkeypatch.setattr(suite, "types", lambda: False)
    assert suite.main([]) == 1
    assert steps[-1][0] == "tests"
    summary = capsys.readouterr().out.partition("Summary")[2]
    assert [line[:7] for line in summary.splitlines() if line[:1] == "✗"] == ["✗ Types", "✗ All 0"]


def test_a_single_step_needs_no_summary(steps, capsys):
    suite.main(["lint"])
    assert "Summary" not in capsys.readouterr().out


def test_a_missing_browser_is_a_failed_step(monkeypatch, capsys):
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    assert suite.main(["browser"]) == 1
    assert "/no/such/browser" in capsys.readouterr().out


def test_a_missing_node_is_a_failed_step(monkeypatch, capsys):
    monkeypatch.setattr(node, "find", lambda: None)
    monkeypatch.setattr(system, "install", lambda *packages: False)
    assert suite.main(["node"]) == 1
    assert "Node 20 or newer" in capsys.readouterr().out


def test_the_browser_found_is_the_one_the_tests_get(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "to be restored")
    monkeypatch.setattr(browser, "provide", lambda: "/found")
    assert suite.find_browser()
    script = "import os, sys; sys.exit(os.environ['CHROMIUM'] != '/found')"
    assert suite.run(sys.executable, "-c", script, env={})


@pytest.mark.parametrize(("status", "passed"), [(0, True), (1, False), (5, False)])
def test_a_step_passes_when_its_program_does(status, passed):
    assert suite.run(sys.executable, "-S", "-c", f"raise SystemExit({status})") is passed


@pytest.mark.parametrize(("processors", "workers"), [(None, "3"), (1, "2"), (64, "8")])
def test_tests_use_the_machine_and_little_more(monkeypatch, processors, workers):
    ran = []
    monkeypatch.setattr(suite, "run", lambda *command: ran.append(command))
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    suite.tests(["-x"])
    assert ran[0][3:5] == ("--numprocesses", workers)
    assert ran[0][-1] == "-x"


def test_a_rehearsal_of_production_never_has_the_same_keys_nor_a_developers_own():
    one, two = production.environment(), production.environment()
    assert one["SECRET_KEY"] != two["SECRET_KEY"]
    assert one["FIELD_ENCRYPTION_KEYS"] != two["FIELD_ENCRYPTION_KEYS"]
    assert (one["DOTENV"], one["DEBUG"]) == (os.devnull, "false")


def test_everything_listens_at_home_only():
    command = commands.web(8005, workers=3)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--workers") + 1] == "3"


# --- the servers of a test run


def test_servers_that_are_named_are_not_started(tmp_path):
    named = {"DATABASE_URL": "postgresql:///x", "REDIS_URL": "redis://x", "VAR_DIRECTORY": str(tmp_path)}
    command = [sys.executable, "-m", "identity.local.servers"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **named}, input="", capture_output=True, text=True, check=True
    )
    assert done.stdout == "{}\n"
    assert [path.name for path in (tmp_path / "test").iterdir()] == ["sweep.lock"]


def test_what_a_killed_run_left_goes_and_what_runs_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(servers, "HOME", tmp_path)
    for name in ("1", "2"):
        (tmp_path / name / "postgres").mkdir(parents=True)
        (tmp_path / f"{name}.claim").touch()
    running = Lock(tmp_path / "2.claim")
    running.take()
    servers._claimed(tmp_path / "3").free()
    running.free()
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["2", "2.claim", "3", "3.claim", "sweep.lock"]


# --- make clean


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(clean, "ROOT", tmp_path)
    for name in ("var/postgres/data", "var/test/7", ".mypy_cache", ".venv", "core"):
        (tmp_path / name).mkdir(parents=True)
    for name in (".coverage", ".coverage.host.1", ".env", "var/run.lock"):
        (tmp_path / name).touch()
    return tmp_path


def test_it_deletes_what_running_left_and_nothing_else(checkout):
    assert clean.main() == 0
    assert sorted(path.name for path in checkout.iterdir()) == [".env", ".venv", "core"]


def test_where_nothing_was_left_there_is_nothing_to_do(checkout):
    assert clean.main() == clean.main() == 0


@pytest.mark.parametrize("name", ["run.lock", "bench.lock", "postgres/users.lock", "test/7.claim"])
@pytest.mark.parametrize("hold", [Lock.share, Lock.take])
def test_it_deletes_nothing_while_something_runs(checkout, capsys, name, hold):
    lock = Lock(checkout / "var" / name)
    hold(lock)
    assert clean.main() == 1
    assert str(lock.path) in capsys.readouterr().err
    assert (checkout / ".mypy_cache").exists()
    lock.free()
    assert clean.main() == 0
