"""`make run`: what it decides before anything is started, and one real start."""

import os
import re
import signal
import socket
import subprocess
import sys
from urllib.request import urlopen

import psutil
import pytest

from identity.env import Env
from identity.local import neighbours, runner, welcome
from identity.local.programs import ROOT, MachineError
from identity.local.redis import free_port
from tests.machines.waiting import until


@pytest.fixture
def var(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "VAR", tmp_path)
    monkeypatch.setattr(runner, "LOGS", tmp_path / "log")
    return tmp_path


def test_a_busy_port_names_the_way_out(var):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        site = runner.Site(Env({"PORT": str(port)}))
        with pytest.raises(MachineError, match=rf"port {port} .*PORT={port + 1} make run"):
            site.start()
        assert not site.started
        site.stop()


def test_a_second_start_says_where_the_first_one_is(var):
    first, second = runner.Site(Env({"PORT": "8001"})), runner.Site(Env({}))
    first.claim_checkout()
    with pytest.raises(MachineError, match=r"running already .* http://localhost:8001"):
        second.start()
    first.stop()
    second.claim_checkout()
    second.stop()


def test_an_unreachable_database_is_one_sentence_without_the_password():
    url = f"postgresql://alice:hunter2@127.0.0.1:{free_port()}/identity"
    with pytest.raises(MachineError, match=r"DATABASE_URL .*Connection refused") as refusal:
        neighbours.refuse_unreachable_database(url)
    assert "hunter2" not in str(refusal.value)


def test_a_database_address_that_makes_no_sense_is_not_repeated():
    with pytest.raises(MachineError, match="expected postgresql://") as refusal:
        neighbours.refuse_unreachable_database("hunter2")
    assert "hunter2" not in str(refusal.value)


def test_an_unreachable_redis_is_one_sentence():
    with pytest.raises(MachineError, match="REDIS_URL"):
        neighbours.refuse_unreachable_redis(f"redis://127.0.0.1:{free_port()}")


def test_the_summary_tells_everything_a_newcomer_needs():
    people: list[welcome.Person] = [
        {"role": "person", "email": "alice@example.org", "password": "open sesame"}
    ]
    text = welcome.text("http://localhost:8001", people)
    for needed in (
        "http://localhost:8001/",
        "alice@example.org",
        "open sesame",
        "/dev/mailbox/",
        "/admin/",
        "Ctrl-C",
    ):
        assert needed in text


class Run:
    """`make run` as a stranger would, with a `var` of its own."""

    def __init__(self, var):
        self.var = var
        self.port = free_port()
        apart = {"VAR_DIRECTORY": str(var), "PORT": str(self.port), "BASE_URL": "", "DATABASE_URL": ""}
        command = [sys.executable, "-m", "identity.local.runner"]
        self.output = var / "output"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **apart}, stdout=output)

    def wait_until_up(self):
        until(lambda: "Ctrl-C" in self.said() or self.process.poll() is not None, "the summary", seconds=60)

    def said(self):
        return self.output.read_text()

    def processes(self):
        return [process for process in psutil.process_iter() if self._started(process)]

    def _started(self, process):
        try:
            return process.environ().get("VAR_DIRECTORY") == str(self.var)
        except psutil.Error:
            return False


@pytest.fixture
def run(tmp_path):
    started = Run(tmp_path)
    started.wait_until_up()
    yield started
    started.process.send_signal(signal.SIGTERM)
    started.process.wait(30)


@pytest.mark.faults
def test_it_starts_serves_and_stops_without_a_trace(run):
    with urlopen(f"http://127.0.0.1:{run.port}/livez", timeout=5) as answer:
        assert answer.status == 200
    assert re.search(r"alice@example\.org", run.said())
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(30) == 0, run.said()
    until(lambda: run.processes() == [], "everything to end")


@pytest.mark.faults
def test_a_part_that_dies_is_named_and_takes_the_rest_with_it(run):
    next(process for process in run.processes() if "granian" in process.cmdline()[2:3]).kill()
    assert run.process.wait(30) == 1
    assert "the web process ended by itself" in run.said()
    until(lambda: run.processes() == [], "everything to end")
