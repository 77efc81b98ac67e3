from celery import shared_task

from core import retention
from core.outbox import delivery


@shared_task
def deliver_mail() -> None:
    delivery.deliver()


@shared_task
def prune() -> None:
    retention.prune()
