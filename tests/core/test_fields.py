import pytest
from django.db import connection

from core.crypto import DecryptionError
from core.models import OutboxMessage

pytestmark = pytest.mark.django_db


def message(text: str) -> OutboxMessage:
    return OutboxMessage.objects.create(message="m", recipient="a@b.org", subject="s", text=text, html="")


def raw(column: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM core_outboxmessage")  # noqa: S608
        return bytes(cursor.fetchone()[0])


@pytest.mark.parametrize("text", ["", "a link", "Größe 😀", "x" * 100_000])
def test_text_comes_back_as_it_was(text: str) -> None:
    assert OutboxMessage.objects.get(pk=message(text).pk).text == text


def test_the_database_sees_only_ciphertext() -> None:
    message("a very secret link")
    assert b"secret" not in raw("text")


def test_a_ciphertext_in_the_wrong_column_does_not_open() -> None:
    row = message("a link")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_outboxmessage SET subject = text")
    with pytest.raises(DecryptionError):
        OutboxMessage.objects.get(pk=row.pk)


def test_a_changed_text_is_sealed_again() -> None:
    row = message("first")
    before = raw("text")
    row.text = "second"
    row.save()
    row.refresh_from_db()
    assert row.text == "second"
    assert raw("text") != before
