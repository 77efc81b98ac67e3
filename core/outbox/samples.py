"""Every mail the site can send, filled with an example: for the preview of development, and for the tests."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation

from core import client
from core.outbox.queue import render
from core.site import absolute

EXAMPLE: dict[str, Any] = {
    "link": absolute("/account/example/kHdV4u0sYp1ZQm3cXbT9rLwE7aJfGn2oMi8NvRtCyUx/"),
    "code": "BCDF-GHJK",
    "at": datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    "address": "203.0.113.9",
    "device": "Firefox on Windows",
    "name": "Alice",
    "account": "alice@example.org",
    "main": "arden@example.net",
    "added": "arden@example.net",
    "provider": "Example ID",
    "organization": "Acme Lamps",
    "actor": "Alice Arden",
    "inviter": "Alice Arden",
    "member": "Bob Brown",
    "roles": "admin, Recruiter",
    "service": "Nightly import",
    "connection": "Acme ID",
    "factor_name": "Phone",
    "left": 4,
    "role": "Support",
    "until": datetime(2026, 12, 21, 9, 30, tzinfo=UTC),
    "reason": "You asked why you cannot see your team.",
    "key_name": "Nightly backup",
    "ends": datetime(2026, 12, 21, 9, 30, tzinfo=UTC),
}


def names() -> list[str]:
    return sorted(folder.name for folder in _home().iterdir() if folder.is_dir())


def filled(message: str, language: str) -> dict[str, str] | None:
    """Subject, text and HTML, or None when there is no such mail."""
    if message not in names():
        return None
    with translation.override(language):
        device = client.device_in_words(EXAMPLE["device"])
    return render(message, context={**EXAMPLE, "device": device}, language=language)


def _home() -> Path:
    return Path(settings.ROOT) / "templates" / "emails"
