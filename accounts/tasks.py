from celery import shared_task

from accounts import retention


@shared_task
def prune() -> None:
    retention.prune()
