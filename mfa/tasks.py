from celery import shared_task

from mfa import retention


@shared_task
def prune() -> None:
    retention.prune()
