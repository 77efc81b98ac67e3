from celery import shared_task

from tokens import retention
from tokens.flows import keys, services


@shared_task
def prune() -> None:
    retention.prune()


@shared_task
def warn() -> None:
    keys.warn()
    services.warn()
