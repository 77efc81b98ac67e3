"""One answer to one question: a policy that denies overrides all that permit, and where none permits, it is no."""

from collections.abc import Iterable

import structlog

from core.errors import OUTAGES
from orgs.decisions import policies
from orgs.decisions.policies import Effect, Policy, Question
from orgs.decisions.records import Records
from orgs.decisions.surroundings import Surroundings
from orgs.decisions.vocabulary import OURS, Asked, Decision, Reason

log = structlog.get_logger(__name__)


def answer(records: Records, asked: Asked, around: Surroundings) -> Decision:
    subject = records.subject(asked.subject)
    if isinstance(subject, Reason):
        return Decision.refused(subject)
    is_ours = asked.resource.type in OURS
    target = records.target(asked.resource) if is_ours else None
    if is_ours and target is None:
        return Decision.refused(Reason.RESOURCE_UNKNOWN)
    return decide(Question(asked, records.organization, subject, target, around), policies.every())


def decide(question: Question, among: Iterable[Policy]) -> Decision:
    """`among` begins with those that deny."""
    for policy in among:
        try:
            if policy.when.holds(question):
                return _said_by(policy, question)
        except OUTAGES:
            raise
        except Exception:
            # Policies of the site's own are others' code, and a door whose lock is broken stays shut.
            log.exception(
                "policy_failed", policy=policy.name, organization=str(question.organization.public_id)
            )
            return Decision.refused(Reason.POLICY_FAILED)
    return Decision.refused(Reason.NO_POLICY)


def _said_by(policy: Policy, question: Question) -> Decision:
    allowed = policy.effect is Effect.PERMIT
    reason = Reason.PERMITTED if allowed else Reason.DENIED
    details = policy.because(question) if policy.because else str(policy.words)
    return Decision(allowed, reason.value, str(policy.words), details, policy.name)
