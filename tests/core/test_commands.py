import base64
import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.models import OutboxMessage
from core.outbox.queue import queue
from tests.machines.smtp import SmtpSink


def run(name: str, *args: str, **options: Any) -> str:
    said = io.StringIO()
    call_command(name, *args, stdout=said, **options)
    return said.getvalue()


def test_fresh_keys_are_long_and_never_alike() -> None:
    first, second = (dict(line.split("=", 1) for line in run("generate_keys").splitlines()) for _ in range(2))
    assert len(first["SECRET_KEY"]) >= 50
    assert len(base64.b64decode(first["FIELD_ENCRYPTION_KEYS"])) == 32
    assert first["SECRET_KEY"] != second["SECRET_KEY"]


@pytest.mark.django_db
def test_mail_goes_out_without_a_worker(settings: Any) -> None:
    queue("verify_email", to="a@example.org", context={"link": "x"})
    assert run("deliver_mail") == "1 sent\n"
    assert OutboxMessage.objects.get().state == OutboxMessage.State.SENT


def test_a_test_mail_says_what_the_server_said(settings: Any) -> None:
    with SmtpSink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        assert "accepted" in run("send_test_mail", "a@example.org")
        sink.mood = "refuse"
        with pytest.raises(CommandError, match="550"):
            run("send_test_mail", "a@example.org")
    with pytest.raises(CommandError, match="ConnectionRefusedError"):
        run("send_test_mail", "a@example.org")
