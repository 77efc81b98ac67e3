"""What every test may use: the fixed cast, a browser-like client, and a clean slate in Redis."""

import base64
import copy
import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.creation import DatabaseCreation
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client
from django.utils import timezone, translation
from django_otp.oath import hotp

from accounts.flows import provision
from accounts.models import User
from accounts.roles.catalogue import BuiltInRole
from accounts.sign_in.allauth_compat import METHODS_KEY
from audit import keys
from core import ratelimit, redis
from core.outbox import broker
from mfa import codes
from mfa.models import Authenticator
from sso.enterprise import routes
from tests.audit.switch import DISABLE, ENABLE
from tests.desk import give
from tokens import jwt
from tokens import keys as signing_keys

Cell = TypeVar("Cell")
SECOND_STEP = "/account/mfa/"
PASSWORD = "an untold story of nine lamps"
# The same for every test.
FILLED_BY_MIGRATE = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


def pytest_collection_finish() -> None:
    """What has been imported and collected stays to the end: nobody needs to look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


@pytest.fixture(autouse=True)
def clean_redis() -> Iterator[None]:
    """Limits counted by one test are no concern of the next, nor is an outage that it played."""
    redis.breaker.closed_until = broker.breaker.closed_until = 0.0
    forget_counts()
    yield
    redis.breaker.closed_until = broker.breaker.closed_until = 0.0


def forget_counts() -> None:
    client = redis.client()
    assert client is not None
    client.flushdb()
    ratelimit.forget_batches()


@pytest.fixture(autouse=True, scope="session")
def _flush_past_append_only() -> Iterator[None]:
    """Transactional tests end with empty tables, which the log refuses to everybody; only here it is let through."""
    truncate = DatabaseOperations.sql_flush

    def flush(self: DatabaseOperations, style: Any, tables: Any, **options: Any) -> list[str]:
        emptied = [table for table in tables if table not in FILLED_BY_MIGRATE]
        may_pass_triggers = self.connection.connection.info.parameter_status("is_superuser") == "on"
        statements = (delete if may_pass_triggers else truncate)(self, style, emptied, **options)
        return [DISABLE, *statements, ENABLE] if "audit_event" in tables else statements

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", flush)
        patch.setattr(DatabaseCreation, "_destroy_test_db", drop)
        # It would fill again what was not emptied.
        patch.setattr(
            "django.core.management.commands.flush.emit_post_migrate_signal",
            lambda *arguments, **options: None,
        )
        yield


def drop(self: DatabaseCreation, name: str, verbosity: int) -> None:
    """Also while the last of those who were connected are still on their way out, as on a busy machine they may be."""
    with self._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {self.connection.ops.quote_name(name)} WITH (FORCE)")


def delete(self: DatabaseOperations, style: Any, tables: Any, **options: Any) -> list[str]:
    """Most tables are empty, and DELETE is quick to see it; TRUNCATE makes new files for each."""
    emptied = [f"DELETE FROM {self.quote_name(table)}" for table in tables]  # noqa: S608 - Django's own names
    return [
        "SET LOCAL session_replication_role = replica",
        "; ".join(emptied),
        "SET LOCAL session_replication_role = DEFAULT",
    ]


@pytest.fixture(autouse=True)
def _forget_keys() -> Iterator[None]:
    """The keys go with the database of each test."""
    forget_database()
    yield
    keys.cache.clear()
    signing_keys.forget()
    jwt.forget()


def forget_database() -> None:
    """Of what a process keeps in mind."""
    keys.cache.clear()
    signing_keys.forget()
    jwt.forget()
    routes.forget()


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
    """With the second step that whoever works at the desk has to have."""
    user = provision.create_person(
        email="admin@example.org", name="Ada Admin", password=PASSWORD, administrator=True
    )
    give_app(user)
    return user


def give_app(user: User) -> None:
    Authenticator.objects.create(user=user, name="Phone", secret=codes.new_secret(), last_step=-1)


def make_staff(user: User, role: BuiltInRole = BuiltInRole.SUPPORT, *, is_superuser: bool = False) -> None:
    if is_superuser:
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
    else:
        give(user, role=role)
    give_app(user)


def sign_in(client: Client, user: User, password: str = PASSWORD) -> Any:
    """As a person does it, through the page; who works at the desk also by the second one."""
    answer = client.post("/account/login/", {"login": user.email, "password": password})
    if user.is_staff and answer.get("Location") == SECOND_STEP:
        return client.post(SECOND_STEP, {"code": code_of_app(user)})
    return answer


def be(client: Client, user: User) -> None:
    """Signed in by both steps, at once: for tests that do so hundreds of times."""
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[1])
    session = client.session
    proofs = [{"method": method, "at": timezone.now().timestamp()} for method in ("password", "totp")]
    session[METHODS_KEY], session[f"{METHODS_KEY}_user"] = proofs, str(user.pk)
    session.save()


def forget_when(client: Client, seconds: float) -> None:
    """As if everything this session proved had been proved so much earlier."""
    session = client.session
    session[METHODS_KEY] = [{**record, "at": record["at"] - seconds} for record in session[METHODS_KEY]]
    session.save()


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever is changed inside is as it was before."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def each(cells: Iterable[Cell], *browsers: Client) -> Iterator[Cell]:
    """For one test that walks a table: every cell finds what the test set up, as if it were a test of its own.

    Whatever the cell before changed, counted, or left in the cookies of these browsers is taken back. An assertion
    in the loop names its cell: `assert found == expected, cell`.
    """
    cookies = [copy.deepcopy(browser.cookies) for browser in browsers]
    for cell in cells:
        with taken_back():
            yield cell
        for browser, before in zip(browsers, cookies, strict=True):
            browser.cookies = copy.deepcopy(before)
        forget_counts()
        forget_database()
        translation.deactivate()


def code_of_app(user: User) -> str:
    """A code works once, and tests are faster than half a minute: as if no earlier one had been used."""
    app = Authenticator.objects.filter(user=user).earliest("pk")
    Authenticator.objects.filter(user=user).update(last_step=-1)
    step = int(timezone.now().timestamp()) // codes.STEP
    return f"{hotp(base64.b32decode(app.secret), step):06d}"


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    assert sign_in(client, alice).status_code == 302
    return client


@pytest.fixture
def as_admin(admin: User) -> Client:
    client = Client()
    assert sign_in(client, admin).status_code == 302
    return client
