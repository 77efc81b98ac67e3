"""The outbox as a worker would leave it: what was asked for is answered, nothing is sent yet."""

from django.db.models import QuerySet

from accounts.flows import mail_answers
from core.models import OutboxMessage


def mails(**chosen: str) -> QuerySet[OutboxMessage]:
    mail_answers.answer()
    return OutboxMessage.objects.filter(**chosen)
