"""Putting mail into the outbox."""

import uuid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from core.models import OutboxMessage, Priority
from core.outbox.broker import nudge


def queue(
    message: str,
    *,
    to: str,
    context: dict[str, Any],
    language: str | None = None,
    person: uuid.UUID | None = None,
    priority: Priority = Priority.NORMAL,
    dedupe_key: str | None = None,
) -> None:
    """Writes a mail in the caller's transaction, from `templates/emails/<message>/`; it goes out after the commit.

    A second mail with the same `dedupe_key` is dropped.
    """
    texts = render(message, context=context, language=language or translation.get_language())
    row = OutboxMessage(
        message=message, recipient=to, person=person, priority=priority, dedupe_key=dedupe_key, **texts
    )
    OutboxMessage.objects.bulk_create([row], ignore_conflicts=dedupe_key is not None)
    transaction.on_commit(nudge, robust=True)


def render(message: str, *, context: dict[str, Any], language: str | None) -> dict[str, str]:
    known = {"site_name": settings.SITE_NAME, "base_url": settings.BASE_URL, **context}
    with translation.override(language):
        subject = render_to_string(f"emails/{message}/subject.txt", known)
        return {
            "subject": " ".join(subject.split()),
            "text": render_to_string(f"emails/{message}/body.txt", known).strip() + "\n",
            "html": render_to_string(f"emails/{message}/body.html", known),
        }


def resend(message: OutboxMessage) -> None:
    """Queues a mail once more, unchanged; whoever asks for it records that."""
    OutboxMessage.objects.filter(pk=message.pk).exclude(state=OutboxMessage.State.SENDING).update(
        state=OutboxMessage.State.QUEUED,
        attempts=0,
        # Its patience starts over as well.
        created_at=timezone.now(),
        not_before=timezone.now(),
        last_error="",
    )
    transaction.on_commit(nudge, robust=True)
