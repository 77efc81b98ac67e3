"""`make run`: what it decides before anything is started, and one real start."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urljoin
from urllib.request import urlopen

import psutil
import pytest
import requests
from lxml import html

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
    text = welcome.text("http://localhost:8001", people, "http://127.0.0.1:8101")
    for needed in (
        "http://localhost:8001/",
        "alice@example.org",
        "open sesame",
        "/dev/mailbox/",
        "/admin/",
        "dora@acme.example at http://localhost:8001/account/sso/",
        "http://127.0.0.1:8101/",
        "Ctrl-C",
    ):
        assert needed in text


def test_the_provider_has_its_own_port_or_any_other():
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        assert runner.port_beside(taken - 100) not in (0, taken)
    assert runner.port_beside(taken - 100) == taken
    assert 0 < runner.port_beside(65_500) <= 65_535


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

    def address(self, name):
        """What the summary calls so."""
        return re.search(rf"{name}.*(http://\S+)", self.said())[1]

    def said(self):
        return self.output.read_text()

    def processes(self):
        return [process for process in psutil.process_iter() if self._started(process)]

    def _started(self, process):
        try:
            return process.environ().get("VAR_DIRECTORY") == str(self.var)
        except psutil.Error:
            return False


@contextmanager
def running(var):
    started = Run(var)
    try:
        started.wait_until_up()
        yield started
    finally:
        started.process.send_signal(signal.SIGTERM)
        started.process.wait(30)


@pytest.mark.faults
def test_it_starts_serves_and_ends_without_a_trace(tmp_path):
    """Twice, as developers do: the second time everything is prepared already."""
    with running(tmp_path) as run:
        it_serves_and_stops(run)
    with running(tmp_path) as run:
        a_part_that_dies_is_named_and_takes_the_rest_with_it(run)


def it_serves_and_stops(run):
    with urlopen(f"http://127.0.0.1:{run.port}/livez", timeout=5) as answer:
        assert answer.status == 200
    assert re.search(r"alice@example\.org", run.said())
    signing_in_at_the_provider(run)
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(30) == 0, run.said()
    until(lambda: run.processes() == [], "everything to end")


def signing_in_at_the_provider(run):
    """As somebody does who reads the summary: in, out here, in again, and out there."""
    site, provider = run.address("The site is up").rstrip("/"), run.address("The provider").rstrip("/")
    with requests.Session() as browser:
        page = press(browser, browser.get(run.address("Sign in as")), email="dora@acme.example")
        page = go_on(browser, page)
        assert page.url.startswith(provider)
        page = press(browser, press(browser, page))
        assert (page.url, "Dora Dean" in page.text) == (f"{site}/account/", True)
        # By her group she is in a team whose role lets her invite.
        assert "/orgs/acme/invitations/send/" in browser.get(f"{site}/orgs/acme/invitations/").text
        page = press(browser, page)
        page = go_on(browser, page)
        assert page.url == f"{site}/account/signed-out/"
        assert "Nobody is signed in" in browser.get(provider).text

        page = browser.get(f"{site}/sso/saml/acme-sign-in/login/")
        assert press(browser, press(browser, page, 1)).url == f"{site}/account/"
        assert "/invitations/send/" not in browser.get(f"{site}/orgs/acme/invitations/").text
        page = press(browser, browser.get(provider), 1)
        assert page.url.startswith(f"{provider}/sign-out")
        assert browser.get(f"{site}/account/").url.startswith(f"{site}/account/login/")

        page = browser.get(f"{site}/sso/saml/acme-sign-in/login/")
        assert press(browser, press(browser, page, 2)).status_code == 400


def go_on(browser, page):
    """What the page does by itself after a moment."""
    address = html.fromstring(page.text).xpath("string(//a[contains(., 'Go on')]/@href)")
    return browser.get(urljoin(page.url, address))


def press(browser, page, number=0, **fields):
    """The button of a form, after filling it in."""
    form = html.fromstring(page.text, base_url=page.url).forms[number]
    return browser.post(urljoin(page.url, form.get("action")), {**dict(form.form_values()), **fields})


def a_part_that_dies_is_named_and_takes_the_rest_with_it(run):
    next(process for process in run.processes() if "granian" in process.cmdline()[2:3]).kill()
    assert run.process.wait(30) == 1
    assert "the web process ended by itself" in run.said()
    until(lambda: run.processes() == [], "everything to end")
