"""Where developers read outgoing mail; it does not exist elsewhere."""

import subprocess
import sys

import pytest
from django.test import Client
from django.urls import reverse

from core.models import OutboxMessage
from core.outbox.queue import queue
from tests.identity.test_checks import SAFE

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail() -> OutboxMessage:
    queue("verify_email", to="alice@example.org", context={"link": "https://example.org/x?a=1&b=2"})
    return OutboxMessage.objects.get()


def test_an_empty_one_says_what_to_do(client: Client) -> None:
    assert "No mail yet" in client.get("/dev/mailbox/").text


def test_the_newest_mail_is_on_top(client: Client, mail: OutboxMessage) -> None:
    queue("already_registered", to="bob@example.org", context={"link": "x"})
    text = client.get("/dev/mailbox/").text
    assert text.index("bob@example.org") < text.index("alice@example.org")


def test_links_in_a_mail_can_be_followed(client: Client, mail: OutboxMessage) -> None:
    page = client.get(reverse("core:mailbox-message", args=[mail.pk])).text
    assert 'href="https://example.org/x?a=1&amp;b=2"' in page


def test_the_mail_as_sent_is_shown_in_a_sandbox(client: Client, mail: OutboxMessage) -> None:
    response = client.get(reverse("core:mailbox-html", args=[mail.pk]))
    assert response.text == mail.html
    policy = response["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy


@pytest.mark.parametrize("name", ["mailbox-message", "mailbox-html"])
def test_a_mail_that_is_gone_is_a_404(client: Client, name: str) -> None:
    assert client.get(reverse(f"core:{name}", args=[4711])).status_code == 404


def test_production_has_no_mailbox() -> None:
    script = "import django; django.setup(); from django.urls import resolve; resolve('/dev/mailbox/')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**SAFE, "DOTENV": "/dev/null", "DJANGO_SETTINGS_MODULE": "identity.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Resolver404" in done.stderr
