"""More sign-ins at once than cores: they queue for a moment, then are told to come back."""

import resource
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client

from accounts.models import User
from accounts.passwords import argon2id, gate
from accounts.passwords.exports import imported
from tests.conftest import PASSWORD, sign_in
from tests.outbox import mails

BCRYPT = imported("$2b$04$......................LAtw7/ohmmBAhnXqmkuIz83Rl5Qdjhm")


@pytest.fixture(autouse=True)
def two_turns(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PASSWORD_HASH_CONCURRENCY = 2
    monkeypatch.setattr(gate, "PATIENCE_SECONDS", 0.2)


@contextmanager
def crowd() -> Iterator[None]:
    """Every turn is taken."""
    with gate.turn(), gate.turn():
        yield


def test_no_more_hashes_run_at_once_than_there_are_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = 0, 0, threading.Lock()
    derive = argon2id.Argon2Hash._derive

    def counted(*arguments: Any) -> bytes:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        key = derive(*arguments)
        with lock:
            running -= 1
        return key

    monkeypatch.setattr(gate, "PATIENCE_SECONDS", 5)
    monkeypatch.setattr(argon2id.Argon2Hash, "_derive", counted)
    encoded = make_password("x")
    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(lambda _: check_password("x", encoded), range(24)))
    assert most == 2


@pytest.mark.parametrize(
    "work", [lambda: make_password("x"), lambda: check_password("x", BCRYPT)], ids=["ours", "foreign"]
)
def test_whoever_waits_too_long_is_turned_away(work: Any) -> None:
    with crowd():
        begin = time.monotonic()
        with pytest.raises(gate.TooManyHashes):
            work()
    assert 0.2 <= time.monotonic() - begin < 1


def test_a_turn_comes_back_also_when_the_work_fails() -> None:
    for _ in range(5):
        with pytest.raises(KeyError), gate.turn():
            raise KeyError
    assert make_password("x")


@pytest.mark.parametrize("known", [True, False])
def test_the_page_says_when_to_come_back(client: Client, alice: User, known: bool) -> None:
    alice.email = alice.email if known else "nobody@example.org"
    with crowd():
        response = sign_in(client, alice)
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert "Many people are signing in" in response.text


def test_a_reset_that_is_turned_away_spends_nothing(client: Client, alice: User) -> None:
    """The link works once the crowd has gone."""
    new = "another story of ten lamps"
    client.post("/account/password/reset/", {"email": alice.email})
    path = link_in_mail()
    with crowd():
        assert client.post(path, {"new_password": new}).status_code == 503
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert client.post(path, {"new_password": new}).status_code == 302


def link_in_mail() -> str:
    text = mails(message="reset_password").latest("id").text
    return next(word for word in text.split() if "/reset/" in word).removeprefix("http://localhost")


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are not enforced elsewhere")
def test_without_memory_the_answer_is_the_same(settings: Any) -> None:
    settings.PASSWORD_HASH_MEMORY_KIB = 2 * 2**20
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**30, before[1]))
    try:
        with pytest.raises(gate.TooManyHashes):
            make_password("x")
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_other_threads_go_on_while_one_hashes(settings: Any) -> None:
    """Hashing lets go of the interpreter: a loop elsewhere keeps counting."""
    settings.PASSWORD_HASH_MEMORY_KIB, settings.PASSWORD_HASH_ROUNDS = 262_144, 2
    ticks, done = 0, threading.Event()

    def hash_once() -> None:
        make_password("x")
        done.set()

    thread = threading.Thread(target=hash_once)
    thread.start()
    while not done.wait(0.005):
        ticks += 1
    thread.join()
    assert ticks > 10
