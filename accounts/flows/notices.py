"""Mail to a person, in their language and with their clock."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.pages import preferences
from core import client
from core.client import Facts
from core.models import Priority
from core.outbox.queue import queue
from core.places import with_place


def tell(
    user: User,
    message: str,
    *,
    context: dict[str, Any],
    to: str | None = None,
    priority: Priority = Priority.NORMAL,
) -> None:
    """To their main address, unless another of theirs is meant."""
    with preferences.applied(user):
        shown = {"name": user.get_short_name(), **context}
        if "address" in shown:
            shown["address"] = with_place(shown["address"])
        if shown.get("device"):
            shown["device"] = client.device_in_words(shown["device"])
        queue(
            message,
            to=to or user.email,
            context=shown,
            person=user.public_id,
            priority=priority,
        )


def circumstances(facts: Facts) -> dict[str, Any]:
    """When and from where, for a mail about what is happening right now."""
    return {"at": timezone.now(), "address": facts.address, "device": facts.device}
