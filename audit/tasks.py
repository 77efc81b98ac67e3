from celery import shared_task

from audit import chain, checking, tally

LONGEST = int(checking.LONGEST.total_seconds())


@shared_task
def seal() -> None:
    chain.seal()


@shared_task
def count_days() -> None:
    tally.catch_up()


# Twenty million events take about half an hour; whatever else the worker has to do, others do meanwhile.
@shared_task(time_limit=LONGEST, soft_time_limit=LONGEST)
def verify_asked() -> None:
    checking.work_off()
