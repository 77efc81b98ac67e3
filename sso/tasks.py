from celery import shared_task

from sso import retention
from sso.enterprise import upkeep


@shared_task
def prune() -> None:
    retention.prune()


@shared_task
def read_metadata_anew() -> None:
    upkeep.read_metadata_anew()


@shared_task
def warn() -> None:
    upkeep.warn()
