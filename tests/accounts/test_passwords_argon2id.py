"""Our own hash: what it is made of, who else can read it, and what it does with what it cannot read."""

import time
from typing import Any

import argon2
import pytest
from argon2.low_level import Type, hash_secret
from django.contrib.auth.hashers import check_password, make_password
from nacl import pwhash

from accounts.models import User
from accounts.passwords import argon2id
from accounts.passwords.argon2id import Argon2Hash, Argon2idHasher
from tests.conftest import PASSWORD

COSTS = [(8, 1), (64, 1), (64, 3), (1024, 2), (19_456, 2), (47_104, 1)]
WORDS = "größer als gedacht 🪔"


@pytest.fixture(params=["libsodium", "reference"])
def implementation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "reference":
        monkeypatch.setattr(argon2id, "sodium", None)
    return str(request.param)


def test_a_hash_is_argon2id_with_our_cost(implementation: str) -> None:
    assert make_password("x").startswith("argon2$argon2id$v=19$m=64,t=1,p=1$")


def test_the_cost_is_a_setting(settings: Any) -> None:
    settings.PASSWORD_HASH_MEMORY_KIB, settings.PASSWORD_HASH_ROUNDS = 128, 2
    assert "$m=128,t=2,p=1$" in make_password("x")


@pytest.mark.parametrize(("memory", "rounds"), COSTS)
def test_others_can_read_what_we_write(implementation: str, settings: Any, memory: int, rounds: int) -> None:
    settings.PASSWORD_HASH_MEMORY_KIB, settings.PASSWORD_HASH_ROUNDS = memory, rounds
    text = make_password(WORDS).removeprefix("argon2")
    assert argon2.PasswordHasher().verify(text, WORDS)
    assert pwhash.argon2id.verify(text.encode(), WORDS.encode())


@pytest.mark.parametrize(("memory", "rounds"), COSTS)
@pytest.mark.parametrize("salt", [b"s" * 16, b"of another length"])
def test_we_can_read_what_the_reference_writes(
    implementation: str, memory: int, rounds: int, salt: bytes
) -> None:
    cost = {"time_cost": rounds, "memory_cost": memory, "parallelism": 1, "hash_len": 32}
    encoded = "argon2" + hash_secret(WORDS.encode(), salt, type=Type.ID, **cost).decode()
    assert check_password(WORDS, encoded)
    assert not check_password(WORDS + ".", encoded)


@pytest.mark.parametrize(("lanes", "variety"), [(4, Type.ID), (1, Type.I), (2, Type.D)])
def test_what_libsodium_cannot_compute_the_reference_does(lanes: int, variety: Type) -> None:
    cost = {"time_cost": 3, "memory_cost": 64, "parallelism": lanes, "hash_len": 24}
    encoded = "argon2" + hash_secret(WORDS.encode(), b"s" * 16, type=variety, **cost).decode()
    assert check_password(WORDS, encoded)
    assert not check_password("x", encoded)


def test_libsodium_is_what_computes_ours() -> None:
    assert Argon2Hash.of_settings(bytes(16))._suits_sodium()


@pytest.mark.parametrize("wrong", ["", "X", " x", "x ", "xx", "x\0"])
def test_only_the_very_password_fits(wrong: str) -> None:
    encoded = make_password("x")
    assert check_password("x", encoded)
    assert not check_password(wrong, encoded)


def test_composed_and_combining_characters_are_the_same_password() -> None:
    assert check_password("Zu\u0308rich", make_password("Z\u00fcrich"))
    assert not check_password("\ufb01ne", make_password("fine"))


def test_no_salt_is_used_twice() -> None:
    assert len({make_password("x") for _ in range(20)}) == 20


GOOD = "argon2$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + "A" * 43


@pytest.mark.parametrize(
    "malformed",
    [
        "argon2$",
        "argon2$argon2id$",
        GOOD.replace("v=19", "v=16"),
        GOOD.replace("m=64", "m=7"),
        GOOD.replace("m=64", "m=99999999999"),
        GOOD.replace("t=1", "t=0"),
        GOOD.replace("p=1", "p=0"),
        GOOD.replace("p=1", "p=9"),
        GOOD.replace("argon2id", "argon2x"),
        GOOD[:-1],
        GOOD + "=",
        GOOD + "$",
        GOOD.replace("A" * 43, "ä" * 43),
        GOOD + "\n",
    ],
)
def test_a_malformed_hash_fits_nothing_and_raises_nothing(malformed: str) -> None:
    assert check_password("x", malformed) is False
    assert Argon2idHasher().must_update(malformed)


def test_the_sample_that_the_malformed_ones_are_made_of_is_well_formed() -> None:
    assert Argon2Hash.parsed(GOOD.removeprefix("argon2")) is not None
    assert str(Argon2Hash.parsed(GOOD.removeprefix("argon2"))) == GOOD.removeprefix("argon2")


@pytest.mark.parametrize("change", [{"MEMORY_KIB": 128}, {"ROUNDS": 2}])
def test_another_cost_is_taken_over_at_the_next_sign_in(
    alice: User, settings: Any, change: dict[str, int]
) -> None:
    old = alice.password
    assert alice.check_password(PASSWORD)
    assert alice.password == old
    for name, value in change.items():
        setattr(settings, f"PASSWORD_HASH_{name}", value)
    assert alice.check_password(PASSWORD)
    alice.refresh_from_db()
    assert alice.password != old
    assert not Argon2idHasher().must_update(alice.password)
    assert alice.check_password(PASSWORD)


@pytest.mark.parametrize("stored", ["cheaper", "unreadable"])
def test_a_wrong_password_takes_the_present_time_whatever_is_stored(settings: Any, stored: str) -> None:
    settings.PASSWORD_HASH_MEMORY_KIB = 1024
    encoded = make_password("x") if stored == "cheaper" else "argon2$"
    settings.PASSWORD_HASH_MEMORY_KIB = 65_536

    def seconds(password: str, encoded: str) -> float:
        begin = time.thread_time()
        assert not check_password(password, encoded)
        return time.thread_time() - begin

    present = make_password("y")
    here = min(seconds("wrong", encoded) for _ in range(5))
    usual = min(seconds("wrong", present) for _ in range(5))
    assert usual * 0.6 < here < usual * 1.7
