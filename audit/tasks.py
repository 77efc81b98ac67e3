from celery import shared_task

from audit import chain, tally


@shared_task
def seal() -> None:
    chain.seal()


@shared_task
def count_days() -> None:
    tally.catch_up()
