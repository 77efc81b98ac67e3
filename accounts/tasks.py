from celery import shared_task

from accounts import retention
from accounts.flows import bulk, roles
from accounts.impersonation import flow as impersonation


@shared_task
def prune() -> None:
    retention.prune()


@shared_task
def work_off_bulk() -> None:
    bulk.work_off()


@shared_task
def end_roles() -> None:
    roles.end_due()
    impersonation.end_due()
