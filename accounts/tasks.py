from celery import shared_task

from accounts import retention


@shared_task
def prune_sessions() -> None:
    retention.prune_sessions()
