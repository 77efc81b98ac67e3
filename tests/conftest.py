"""What every test may use: the fixed cast, a browser-like client, and a clean slate in Redis."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client
from django.utils import translation

from accounts.flows import provision
from accounts.models import User
from audit import keys
from core import redis
from core.outbox import broker
from tests.audit.switch import DISABLE, ENABLE
from tokens import keys as signing_keys

PASSWORD = "an untold story of nine lamps"


@pytest.fixture(autouse=True)
def clean_redis() -> Iterator[None]:
    """Limits counted by one test are no concern of the next, nor is an outage that it played."""
    redis.breaker.closed_until = broker.breaker.closed_until = 0.0
    client = redis.client()
    assert client is not None
    client.flushdb()
    yield
    redis.breaker.closed_until = broker.breaker.closed_until = 0.0


@pytest.fixture(autouse=True, scope="session")
def _flush_past_append_only() -> Iterator[None]:
    """Transactional tests end with TRUNCATE, which the log refuses to everybody; only here it is let through."""
    sql_flush = DatabaseOperations.sql_flush

    def flush(self: DatabaseOperations, style: Any, tables: Any, **options: Any) -> list[str]:
        statements = sql_flush(self, style, tables, **options)
        return [DISABLE, *statements, ENABLE] if "audit_event" in tables else statements

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", flush)
        yield


@pytest.fixture(autouse=True)
def _forget_keys() -> Iterator[None]:
    """The keys go with the database of each test."""
    keys.cache.clear()
    signing_keys.forget()
    yield
    keys.cache.clear()
    signing_keys.forget()


@pytest.fixture(autouse=True)
def _forget_language() -> Iterator[None]:
    """A request leaves its language behind in its thread, for the next request to replace."""
    yield
    translation.deactivate()


@pytest.fixture
def alice(db: Any) -> User:
    """Owns her account, and everything of hers."""
    return provision.create_person(email="alice@example.org", name="Alice Arden", password=PASSWORD)


@pytest.fixture
def bob(db: Any) -> User:
    """Another person in good standing."""
    return provision.create_person(email="bob@example.org", name="Bob Brown", password=PASSWORD)


@pytest.fixture
def charlie(db: Any) -> User:
    """Must see nothing of the others."""
    return provision.create_person(email="charlie@example.org", name="Charlie Clark", password=PASSWORD)


@pytest.fixture
def admin(db: Any) -> User:
    return provision.create_person(
        email="admin@example.org", name="Ada Admin", password=PASSWORD, administrator=True
    )


def sign_in(client: Client, user: User, password: str = PASSWORD) -> Any:
    """As a person does it, through the page."""
    return client.post("/account/login/", {"login": user.email, "password": password})


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    assert sign_in(client, alice).status_code == 302
    return client


@pytest.fixture
def as_admin(admin: User) -> Client:
    client = Client()
    assert sign_in(client, admin).status_code == 302
    return client
