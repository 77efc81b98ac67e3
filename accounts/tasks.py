from celery import shared_task

from accounts import retention
from accounts.flows import mail_answers


@shared_task
def prune() -> None:
    retention.prune()


@shared_task
def answer_mail_requests() -> None:
    mail_answers.answer()
