"""An address that somebody has merely typed in gives them nothing, and tells them nothing about its owner."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.passwords.argon2id import Argon2idHasher
from tests.conftest import PASSWORD, sign_in

pytestmark = pytest.mark.django_db
FREE = "nobody@example.net"


def claim(person: User, *emails: str) -> None:
    client = Client()
    sign_in(client, person)
    for email in emails:
        assert client.post("/account/addresses/add/", {"email": email}).status_code == 302


def try_to_sign_in(email: str, password: str) -> Any:
    return Client().post("/account/login/", {"login": email, "password": password})


def test_signing_in_with_a_claimed_address_does_not_tell_whether_it_has_an_account(
    alice: User, bob: User
) -> None:
    claim(alice, FREE, bob.email)
    bob.set_password("another story of ten lamps")
    bob.save()
    free, taken = (try_to_sign_in(email, PASSWORD) for email in (FREE, bob.email))
    assert (free.status_code, free.get("Location")) == (taken.status_code, taken.get("Location"))


def test_nor_does_the_time_it_takes(
    alice: User, bob: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in (alice, charlie):
        claim(person, FREE, bob.email)
    hashed: list[str] = []
    derive = Argon2idHasher.verify
    encode = Argon2idHasher.encode
    monkeypatch.setattr(Argon2idHasher, "verify", lambda *args: hashed.append("") or derive(*args))
    monkeypatch.setattr(Argon2idHasher, "encode", lambda *args: hashed.append("") or encode(*args))
    counts = []
    for email in (FREE, bob.email):
        hashed.clear()
        try_to_sign_in(email, "a wrong one of nine lamps")
        counts.append(len(hashed))
    assert counts == [1, 1]
