"""The embedded PostgreSQL: one server for all who use its directory, gone when the last of them is."""

import os

import psycopg
import pytest

from identity.local import cluster, postgres
from identity.local.cluster import Cluster
from identity.local.programs import MachineError
from tests.machines.waiting import until


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    home = tmp_path_factory.mktemp('a "place" with %s')
    # What an interrupted start leaves behind.
    (home / "data.new").mkdir()
    (home / "data.new" / "half").write_text("made")
    server = Cluster(home, {"fsync": "off", "max_connections": "17"})
    server.start()
    yield server
    server.stop()


def ask(server, question, database="postgres"):
    with psycopg.connect(server.url(database), connect_timeout=2) as connection:
        return connection.execute(question).fetchone()[0]


def test_it_is_set_up_as_asked_wherever_it_lives(first):
    assert ask(first, "SHOW max_connections") == "17"
    assert ask(first, "SHOW listen_addresses") == ""
    assert ask(first, "SHOW server_encoding") == "UTF8"


def test_an_interrupted_start_leaves_nothing_half_made(first):
    assert not (first.home / "data.new").exists()
    assert not (first.data / "half").exists()


def test_order_and_case_do_not_depend_on_the_machine(first):
    assert ask(first, "SELECT string_agg(x, '' ORDER BY x) FROM unnest('{b,A,ä,a,B}'::text[]) x") == "ABabä"
    assert ask(first, "SELECT upper('größe')") == "GRÖßE"


def test_a_database_is_created_once(first):
    for _ in range(2):
        first.create('odd "name"')
    assert ask(first, "SELECT count(*) FROM pg_database WHERE datname LIKE 'odd%'") == 1
    first.create("identity")
    assert ask(first, "SELECT current_database()", "identity") == "identity"


def test_who_comes_second_joins(first):
    second = Cluster(first.home)
    second.start()
    assert second.program is None
    assert ask(second, "SHOW max_connections") == "17"
    second.release()
    assert first.answers()


def test_it_outlives_who_started_it_and_ends_with_the_last(first):
    second = Cluster(first.home)
    second.start()
    first.release()
    with pytest.raises(TimeoutError):
        until(lambda: first.program.exit_status is not None, "nothing", seconds=0.3)
    assert second.answers()
    second.release()
    second.wait_until_stopped()
    until(lambda: first.program.exit_status is not None, "its end")
    first.start()  # for whoever comes next, with the same data
    assert first.answers()


def test_waiting_for_its_end_is_not_for_ever(tmp_path):
    server = Cluster(tmp_path)
    server.data.mkdir()
    (server.data / "postmaster.pid").touch()
    server.wait_until_stopped(seconds=0.05)


def test_one_that_does_not_start_says_why_and_what_to_do(tmp_path):
    server = Cluster(tmp_path)
    server.data.mkdir()  # nothing in it
    with pytest.raises(MachineError, match=r"(?s)does not start: .*data.*make clean.*DATABASE_URL"):
        server.start()
    server.release()


def test_a_directory_it_cannot_use_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MachineError, match=f"cannot use {tmp_path}/file/postgres"):
        Cluster(tmp_path / "file" / "postgres").start()


def test_where_its_wheel_is_missing_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MachineError, match=r"not installed. Run `make setup`"):
        Cluster(tmp_path).start()


def test_a_path_too_long_for_a_socket_gets_a_short_one_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster.tempfile, "gettempdir", lambda: str(tmp_path / ("t" * 90)))
    one, two = (tmp_path / name / ("x" * 90) for name in "ab")
    chosen = cluster._socket_directory(one)
    try:
        assert len(os.fsencode(chosen / cluster.SOCKET_NAME)) <= cluster.SOCKET_PATH_LIMIT
        assert cluster._socket_directory(one) == chosen
        assert chosen.stat().st_mode & 0o077 == 0
        assert cluster._fits(tmp_path) is (cluster._socket_directory(tmp_path) == tmp_path)
    finally:
        chosen.rmdir()
    assert chosen.name not in str(two)


def test_a_socket_directory_prepared_by_somebody_else_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(MachineError, match="belongs to somebody else"):
        cluster._private(tmp_path / "link")


def test_other_accounts_may_pass_and_not_look(tmp_path, capsys):
    home = tmp_path / "closed" / "postgres"
    home.mkdir(parents=True)
    home.parent.chmod(0o700)
    cluster._let_pass(home)
    assert home.parent.stat().st_mode & 0o777 == 0o701
    assert str(home.parent) in capsys.readouterr().err


class Held:
    def url(self, database):
        return f"postgresql:///{database}"


@pytest.mark.parametrize(
    ("arguments", "environment", "provided"),
    [
        (["migrate"], {"DEBUG": "true"}, True),
        (["migrate"], {"DEBUG": "false"}, False),
        (["migrate"], {}, False),
        (["migrate"], {"DEBUG": "true", "DATABASE_URL": "postgresql://db.example/x"}, False),
        (["migrate", "--help"], {"DEBUG": "true"}, False),
        (["generate_keys"], {"DEBUG": "true"}, False),
        ([], {"DEBUG": "true"}, False),
    ],
)
def test_a_server_is_provided_where_it_is_needed(monkeypatch, arguments, environment, provided):
    monkeypatch.setattr(postgres, "hold", Held)
    monkeypatch.setattr(os, "environ", dict(environment))
    postgres.provide(arguments)
    assert (os.environ.get("DATABASE_URL") == "postgresql:///identity") is provided
