from celery import shared_task

from mfa import retention
from mfa.flows import reset


@shared_task
def prune() -> None:
    retention.prune()


@shared_task
def release_resets() -> None:
    reset.release_due()
