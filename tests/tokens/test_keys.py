"""The ring: a rotation loses nothing, and a lost key is worth nothing."""

import uuid
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.actions import Action
from audit.models import Event
from tests.security.test_races import at_once
from tokens import jwt, keys, retention
from tokens.jwt import Refused
from tokens.models import SigningKey

pytestmark = pytest.mark.django_db


def token() -> str:
    return jwt.issue(subject=uuid.uuid4(), sid=uuid.uuid4())


def later(by: timedelta) -> None:
    """As if so much time had passed."""
    for row in SigningKey.objects.all():
        row.created_at -= by
        row.signs_from -= by
        row.ends_at = row.ends_at and row.ends_at - by
        row.save()
    keys.forget()


def test_a_new_key_is_published_before_it_signs(client: Client) -> None:
    before = keys.signing().kid
    new = keys.rotate()
    assert keys.signing().kid == before
    assert new.kid in {key["kid"] for key in client.get("/.well-known/jwks.json").json()["keys"]}
    later(keys.PUBLISHED_AHEAD)
    assert keys.signing().kid == new.kid


def test_what_the_old_key_signed_last_is_believed_until_it_ends() -> None:
    keys.signing()
    keys.rotate()
    last = token()
    later(keys.PUBLISHED_AHEAD + timedelta(minutes=9))
    assert jwt.read(last)


def test_then_the_old_key_goes(client: Client, settings: Any) -> None:
    old = keys.signing().kid
    keys.rotate()
    later(keys.PUBLISHED_AHEAD + settings.ACCESS_TOKEN_LIFETIME + 3 * keys.MARGIN)
    assert keys.verifying(old) is None
    assert old not in {key["kid"] for key in client.get("/.well-known/jwks.json").json()["keys"]}
    retention.prune()
    assert not SigningKey.objects.filter(kid=old).exists()


def test_a_lost_key_is_worth_nothing_at_once() -> None:
    lost = token()
    keys.rotate(at_once=True)
    with pytest.raises(Refused, match="unknown key"):
        jwt.read(lost)
    assert jwt.read(token())


def test_it_rotates_by_itself_once_its_time_is_over(settings: Any) -> None:
    keys.signing()
    retention.prune()
    assert SigningKey.objects.count() == 1
    later(settings.SIGNING_KEY_LIFETIME)
    retention.prune()
    retention.prune()
    assert SigningKey.objects.count() == 2
    assert Event.objects.of_action(Action.SIGNING_KEY_ROTATE).count() == 1


def test_reading_a_token_asks_the_database_nothing() -> None:
    known = token()
    with CaptureQueriesContext(connection) as queries:
        jwt.read(known)
        with pytest.raises(Refused):
            jwt.read(known[:-4] + "AAAA")
    assert len(queries) == 0


def test_the_private_half_is_encrypted() -> None:
    kid = keys.signing().kid
    with connection.cursor() as cursor:
        cursor.execute("SELECT private_key FROM tokens_signingkey WHERE kid = %s", [kid])
        stored = bytes(cursor.fetchone()[0])
    assert b"PRIVATE" not in stored


def test_the_command_says_when(settings: Any) -> None:
    said = StringIO()
    call_command("rotate_signing_key", "--algorithm", "ES256", stdout=said)
    row = SigningKey.objects.get()
    assert row.algorithm == "ES256"
    assert row.kid in said.getvalue()
    assert row.signs_from > timezone.now() + timedelta(minutes=50)


@pytest.mark.django_db(transaction=True)
def test_two_processes_make_one_first_key() -> None:
    at_once(*[keys._make_first] * 4)
    assert SigningKey.objects.count() == 1
