"""Mail that somebody asks for. Asking writes one row, whoever they are: what it says is found out by a worker.

So neither the page nor its time tells whether an address is known. The worker's side is flows/mail_answers.py.
"""

from django.db import transaction
from django.http import HttpRequest
from django.utils import translation

from accounts.models import MailRequest, User
from core import client
from core.outbox.broker import nudge


def ask(
    kind: MailRequest.Kind, *, request: HttpRequest, email: str, user: User | None = None, asked_by: str = ""
) -> None:
    """`asked_by` is the digest of a secret of this browser, when only that one may bring the code back."""
    facts = client.facts(request)
    MailRequest.objects.create(
        kind=kind,
        email=email,
        user=user,
        asked_by=asked_by,
        address=facts.address,
        device=facts.device[:100],
        request_id=facts.request_id,
        language=translation.get_language() or "",
    )
    transaction.on_commit(nudge, robust=True)
