"""One act upon many people: the worker takes one after the other, each with its own evidence.

Who has been done is written in the transaction that did it: wherever a worker stops, the next one goes on from there
and does nobody twice. Whoever asked must still be allowed to at each person.
"""

import time
from collections.abc import Mapping

import structlog
from django.db import connection, transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from psycopg.errors import QueryCanceled

from accounts.desk import acts
from accounts.desk.acts import Act, Order
from accounts.desk.errors import DeskProblem, Failed, NotNow, NotYourReach
from accounts.models import BulkJob, BulkTarget, User
from audit import log
from audit.actions import Action
from core import errors
from core.client import Facts
from core.desk.permissions import SitePermission
from core.outbox import broker

log_of_site = structlog.get_logger(__name__)
State = BulkTarget.State
AT_ONCE = 100
LONGEST_TASK = 120.0
TASK = "accounts.tasks.work_off_bulk"


def begin(
    *,
    act: Act,
    people: QuerySet[User],
    actor: User,
    facts: Facts,
    reason: str = "",
    answers: Mapping[str, str] | None = None,
) -> BulkJob:
    """`answers` are those to the act's form, as texts: they are checked again at each person."""
    _require(actor)
    if not act.in_bulk or not actor.reach(act.needs).everywhere:
        raise NotYourReach
    if not people.exists():
        raise NotNow
    with transaction.atomic():
        job = BulkJob.objects.create(
            act=act.name,
            reason=reason,
            answers=dict(answers or {}),
            asked_by=actor,
            address=facts.address,
            device=facts.device[:100],
            request_id=facts.request_id,
        )
        job.total = _name_targets(job, people)
        job.save(update_fields=["total"])
        _record(Action.BULK_BEGIN, job, actor, facts, reason)
        transaction.on_commit(_nudge, robust=True)
    return job


def _name_targets(job: BulkJob, people: QuerySet[User]) -> int:
    """In one statement, however many there are."""
    chosen, parameters = people.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '60s'")
        # The text of the query comes from Django, what was typed in its parameters.
        cursor.execute(
            f"INSERT INTO {BulkTarget._meta.db_table} (job_id, user_id, state, why)"  # noqa: S608
            f" SELECT %s, chosen.id, %s, '' FROM ({chosen}) AS chosen (id) ORDER BY chosen.id",
            [job.pk, State.WAITING, *parameters],
        )
        return int(cursor.rowcount)


def stop(*, job: BulkJob, actor: User, facts: Facts) -> bool:
    """Those who are left stay as they are, and can be taken up again."""
    _require(actor)
    with transaction.atomic():
        waiting = BulkJob.objects.filter(pk=job.pk, state=BulkJob.State.WAITING)
        stopped = waiting.update(state=BulkJob.State.STOPPED, finished_at=timezone.now())
        if stopped:
            _record(Action.BULK_STOP, job, actor, facts)
    return bool(stopped)


def resume(*, job: BulkJob, actor: User, facts: Facts) -> bool:
    """In the name of whoever takes it up."""
    act = acts.find(job.act)
    _require(actor)
    if act is None or not actor.reach(act.needs).everywhere:
        raise NotYourReach
    with transaction.atomic():
        stopped = BulkJob.objects.filter(pk=job.pk, state=BulkJob.State.STOPPED)
        resumed = stopped.update(state=BulkJob.State.WAITING, finished_at=None, asked_by=actor)
        if resumed:
            _record(Action.BULK_RESUME, job, actor, facts)
            transaction.on_commit(_nudge, robust=True)
    return bool(resumed)


def work(limit: int = AT_ONCE) -> int:
    """Does so many people of the oldest job; how many it were. None also while another worker is at it."""
    job = BulkJob.objects.filter(state=BulkJob.State.WAITING).order_by("pk").first()
    done = 0
    while job is not None and done < limit and _next(job):
        done += 1
    return done


def work_off() -> None:
    """As much as fits into a task; the next one goes on from there."""
    until = time.monotonic() + LONGEST_TASK
    while time.monotonic() < until and work():
        pass


def progress(job: BulkJob) -> dict[str, int]:
    counted = job.targets.order_by().values("state").annotate(number=Count("pk"))
    return {
        State.WAITING: 0,
        State.DONE: 0,
        State.REFUSED: 0,
        **{row["state"]: row["number"] for row in counted},
    }


def _next(job: BulkJob) -> bool:
    """Whether there was somebody left, of a job that nobody has stopped meanwhile."""
    with transaction.atomic():
        held = BulkJob.objects.select_for_update(skip_locked=True, no_key=True)
        current = held.filter(pk=job.pk, state=BulkJob.State.WAITING).first()
        if current is None:
            return False
        target = current.targets.filter(state=State.WAITING).select_related("user").order_by("pk").first()
        if target is None:
            _finish(current)
            return False
        target.why = _done(current, target.user)
        target.state = State.REFUSED if target.why else State.DONE
        target.save(update_fields=["state", "why"])
    return True


def _done(job: BulkJob, user: User) -> str:
    """The code of a refusal, or nothing. A refusal takes back what the act had begun, and nothing else."""
    act, actor = acts.find(job.act), job.asked_by
    if act is None or actor is None:
        return NotYourReach.code
    form = act.form(job.answers) if act.form else None
    if form is not None and not form.is_valid():
        return NotNow.code
    order = Order(
        user=user,
        actor=actor,
        facts=Facts(job.address, job.device, job.request_id),
        reason=job.reason,
        answers=form.cleaned_data if form else {},
    )
    try:
        _require(actor)
        with transaction.atomic():
            acts.attempt(act, order)
    except DeskProblem as refusal:
        acts.note(refusal, act.name, actor, order.facts, user=user)
        return refusal.code
    except Exception as error:
        if _is_outage(error):
            # Of the site and not of this person: the next worker goes on from here.
            raise
        # Whatever nobody foresaw about one person keeps nobody else waiting, and is not tried for ever.
        log_of_site.exception("bulk_target_failed", job=job.pk, act=act.name, person=str(user.public_id))
        acts.note(Failed(), act.name, actor, order.facts, user=user)
        return Failed.code
    return ""


def _is_outage(error: Exception) -> bool:
    """A statement that takes too long at one person would take as long the next time."""
    return isinstance(error, errors.OUTAGES) and not isinstance(error.__cause__, QueryCanceled)


def _finish(job: BulkJob) -> None:
    BulkJob.objects.filter(pk=job.pk).update(state=BulkJob.State.DONE, finished_at=timezone.now())
    _record(Action.BULK_END, job, None, None, counted=progress(job))


def _nudge() -> None:
    broker.nudge(TASK)


def _require(actor: User) -> None:
    if not actor.reach(SitePermission.PEOPLE_BULK).everywhere:
        raise NotYourReach


def _record(
    action: Action,
    job: BulkJob,
    actor: User | None,
    facts: Facts | None,
    reason: str = "",
    counted: dict[str, int] | None = None,
) -> None:
    log.record(
        action,
        actor=actor.public_id if actor else None,
        target=("bulk-action", str(job.pk)),
        facts=facts,
        data={"act": job.act, "people": job.total, **(counted or {})},
        personal={"reason": reason} if reason else None,
    )
