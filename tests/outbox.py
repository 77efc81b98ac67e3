"""The outbox, as tests look at it."""

import re

from django.db.models import QuerySet

from accounts.flows import mail_answers
from accounts.models import MailRequest
from core.models import OutboxMessage

# At the end of its line: once in thousands of mails, the token of a link has something like it inside.
CODE = re.compile(r"(?:^| )([B-Z]{4}-[B-Z]{4})\r?$", re.MULTILINE)


def mails(**chosen: str) -> QuerySet[OutboxMessage]:
    """As a worker would leave it: what was asked for is answered, nothing is sent yet."""
    mail_answers.answer()
    return OutboxMessage.objects.filter(**chosen)


def waiting() -> int:
    """Asked for or written, and not sent; in one statement, which sees no mail on its way from one to the other."""
    unsent = OutboxMessage.objects.exclude(state=OutboxMessage.State.SENT)
    return MailRequest.objects.values("pk").union(unsent.values("pk"), all=True).count()
