from celery import shared_task

from tokens import retention


@shared_task
def prune() -> None:
    retention.prune()
