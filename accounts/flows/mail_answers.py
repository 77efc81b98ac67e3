"""The worker's side of flows/mail_requests.py: who is this address, and so which mail do they get?"""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import translation

from accounts.flows import addresses, alerts, email, mail_sign_in, password
from accounts.models import MailRequest
from core import errors
from core.client import Facts

log = structlog.get_logger(__name__)

Kind = MailRequest.Kind
ANSWERS: dict[str, Callable[[MailRequest, Facts], None]] = {
    Kind.SIGN_UP: email.answer_sign_up,
    Kind.RESEND: email.answer_sign_up,
    Kind.ADD_ADDRESS: addresses.answer_added,
    Kind.RESET_PASSWORD: password.answer_reset,
    Kind.NEW_SIGN_IN: alerts.answer_new_sign_in,
    Kind.LOCKED_OUT: alerts.answer_lockout,
    Kind.SIGN_IN: mail_sign_in.answer,
}


def answer(limit: int = 200) -> int:
    """Answers what waits, oldest first; each together with the end of its row, or not at all."""
    for answered in range(limit):
        with transaction.atomic():
            row = MailRequest.objects.select_for_update(skip_locked=True, of=["self"]).order_by("pk").first()
            if row is None:
                return answered
            _answer(row)
            row.delete()
    return limit


def _answer(row: MailRequest) -> None:
    facts = Facts(address=row.address, device=row.device, request_id=row.request_id)
    try:
        with transaction.atomic(), translation.override(row.language or settings.LANGUAGE_CODE):
            ANSWERS[row.kind](row, facts)
    except errors.OUTAGES:
        raise
    except Exception:
        # One that cannot be answered must not hold up those behind it; whoever asked may ask again.
        log.exception("mail_request_unanswered", kind=row.kind, request_id=row.request_id)
