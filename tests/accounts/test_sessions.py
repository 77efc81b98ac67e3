"""Sessions are rows: whose, from where, until when."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client
from django.utils import timezone

from accounts.models import Session, User
from accounts.retention import prune_sessions
from accounts.session.store import SessionStore
from core import digests
from core.client import Facts
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def row(client: Client) -> Session:
    return Session.objects.get(pk=digests.of_token(client.cookies["session"].value))


def test_the_table_never_sees_the_key(as_alice: Client) -> None:
    key = as_alice.cookies["session"].value
    stored = " ".join(str(value) for values in Session.objects.values_list() for value in values)
    assert key not in stored


def test_a_digest_from_the_table_is_no_key(as_alice: Client, alice: User) -> None:
    thief = Client()
    thief.cookies["session"] = Session.objects.get(user=alice).pk
    assert thief.get("/account/").status_code == 302


def test_it_knows_who_where_and_how(client: Client, alice: User) -> None:
    client.post(
        "/account/login/",
        {"login": alice.email, "password": "an untold story of nine lamps"},
        headers={"user-agent": FIREFOX, "x-forwarded-for": "203.0.113.9"},
    )
    session = row(client)
    assert session.user == alice
    assert (session.device, session.address, session.methods) == (
        "Firefox on Linux",
        "203.0.113.9",
        "password",
    )


def test_a_session_of_nobody_is_short(client: Client, settings: Any) -> None:
    store = SessionStore(facts=Facts("203.0.113.9", "", ""))
    store["step"] = 1
    store.save()
    left = Session.objects.get().expire_date - timezone.now()
    assert left <= settings.SESSION_ANONYMOUS_TIMEOUT


def test_it_ends_when_idle(as_alice: Client) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert as_alice.get("/account/").status_code == 302


def test_a_visit_moves_the_idle_limit(as_alice: Client, settings: Any) -> None:
    earlier = timezone.now() - timedelta(minutes=5)
    Session.objects.update(last_seen_at=earlier, expire_date=timezone.now() + timedelta(minutes=1))
    as_alice.get("/account/")
    session = row(as_alice)
    assert session.last_seen_at > earlier
    assert session.expire_date > timezone.now() + settings.SESSION_IDLE_TIMEOUT - timedelta(minutes=1)


def test_no_visit_moves_the_absolute_limit(as_alice: Client, settings: Any) -> None:
    started = timezone.now() - settings.SESSION_ABSOLUTE_TIMEOUT + timedelta(minutes=10)
    Session.objects.update(created_at=started, last_seen_at=started)
    as_alice.get("/account/")
    assert row(as_alice).expire_date == started + settings.SESSION_ABSOLUTE_TIMEOUT


def test_two_visits_in_a_minute_write_once(as_alice: Client) -> None:
    Session.objects.update(last_seen_at=timezone.now() - timedelta(minutes=5))
    as_alice.get("/account/")
    first = row(as_alice).last_seen_at
    as_alice.get("/account/")
    assert row(as_alice).last_seen_at == first


def test_rotation_does_not_stretch_the_absolute_limit(as_alice: Client) -> None:
    started = timezone.now() - timedelta(days=3)
    Session.objects.update(created_at=started)
    store = SessionStore(as_alice.cookies["session"].value)
    store.load()
    store.cycle_key()
    store.save()
    assert Session.objects.get(pk=store.key_digest).created_at == started


def test_rotation_ends_the_old_key(as_alice: Client) -> None:
    old = as_alice.cookies["session"].value
    store = SessionStore(old)
    store.load()
    store.cycle_key()
    assert not SessionStore(old).exists(old)


def test_a_session_ended_elsewhere_cannot_be_saved_again(as_alice: Client) -> None:
    store = SessionStore(as_alice.cookies["session"].value)
    assert store["_auth_user_id"]
    Session.objects.all().delete()
    store["more"] = 1
    with pytest.raises(UpdateError):
        store.save()
    assert not Session.objects.exists()


def test_somebody_elses_key_is_not_adopted(client: Client, alice: User) -> None:
    """Fixation: a key that we never handed out is worth nothing, also after signing in with it."""
    client.cookies["session"] = "a" * 32
    sign_in(client, alice)
    assert client.cookies["session"].value != "a" * 32


def test_signing_in_as_another_person_starts_afresh(as_alice: Client, bob: User) -> None:
    as_alice.post("/account/logout/")
    sign_in(as_alice, bob)
    assert row(as_alice).user == bob


def test_loading_costs_one_query(as_alice: Client, django_assert_num_queries: Any) -> None:
    store = SessionStore(as_alice.cookies["session"].value)
    with django_assert_num_queries(1):
        store.load()


@pytest.mark.parametrize("key", ["", "short", "\x00" * 32, "ü" * 40, "x" * 5000])
def test_a_strange_cookie_is_nobody(client: Client, key: str) -> None:
    store = SessionStore(key)
    assert store.get("_auth_user_id") is None


def test_ended_sessions_are_pruned(as_alice: Client) -> None:
    as_alice.get("/account/")
    Session.objects.create(
        session_key="0" * 64, session_data="", expire_date=timezone.now() - timedelta(days=1)
    )
    assert prune_sessions() == 1
    assert Session.objects.count() == 1
