import base64
import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit import keys, log
from audit.actions import Action
from audit.models import Event
from core import rotation
from core.models import OutboxMessage
from core.outbox.queue import queue
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
OLD, NEW = (base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))


@pytest.fixture(autouse=True)
def written_with_the_old_key(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    for number in range(3):
        queue("verify_email", to=f"p{number}@example.org", context={"link": PASSWORD})
    log.record(Action.SIGN_UP, personal={"email": "p@example.org"})
    keys.cache.clear()
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]


def rotate() -> str:
    said = io.StringIO()
    call_command("rotate_keys", stdout=said)
    return said.getvalue()


def test_afterwards_the_old_key_is_not_needed(settings: Any) -> None:
    rotate()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert all(PASSWORD in mail.text for mail in OutboxMessage.objects.all())
    assert Event.objects.get().personal_fields().details == {"email": "p@example.org"}


def test_it_says_what_it_did() -> None:
    assert "3  core_outboxmessage.text" in rotate()


def test_a_second_round_finds_nothing() -> None:
    rotate()
    assert set(rotation.rotate().values()) == {0}


def test_more_than_one_batch_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    assert rotation.rotate()["core_outboxmessage.text"] == 3


def test_what_was_written_meanwhile_is_not_overwritten() -> None:
    row = OutboxMessage.objects.first()
    assert row
    field = OutboxMessage._meta.get_field("text")
    stale = next(sealed for pk, sealed in rotation._outdated(field) if pk == row.pk)
    row.text = "newer"
    row.save()
    rotation._encrypt_anew(field, row.pk, stale)
    row.refresh_from_db()
    assert row.text == "newer"


def test_without_the_old_key_it_says_what_is_missing(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match="Put the missing key back"):
        rotate()
