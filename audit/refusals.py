"""Evidence of requests that were turned away before any page saw them: core announces, we write it down."""

from typing import Any

from django.http import HttpRequest

from audit import log
from audit.actions import Action, Outcome
from core import client
from core.signals import request_refused

ACTIONS = {"csrf": Action.CSRF_REFUSE, "host": Action.HOST_REFUSE, "limit": Action.LIMIT_REFUSE}


def connect() -> None:
    request_refused.connect(record_refusal)


def record_refusal(request: HttpRequest, kind: str, detail: str, **kwargs: Any) -> None:
    log.record(
        ACTIONS[kind],
        outcome=Outcome.REFUSED,
        facts=client.facts(request),
        personal={"detail": detail},
    )
