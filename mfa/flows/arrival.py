"""Signing in with a passkey and nothing else: who it is, the passkey says."""

from django.db import transaction

from audit import log
from audit.actions import Action, Outcome
from core.client import Facts
from mfa.ceremonies import Purpose
from mfa.factors import passkeys
from mfa.models import Passkey
from mfa.webauthn import Answer, Refused


def show_passkey(*, answer: Answer, facts: Facts) -> Passkey | None:
    """A refusal is answered rather than raised: what it used up stays used up."""
    with transaction.atomic():
        try:
            return passkeys.show(answer=answer, purpose=Purpose.SIGN_IN, user=None, facts=facts)
        except Refused as refused:
            owner = passkeys.owner_of(answer)
            log.record(
                Action.PASSKEY_REFUSE,
                person=owner.public_id if owner else None,
                outcome=Outcome.REFUSED,
                facts=facts,
                data={"reason": refused.reason},
                by_stranger=True,
            )
            return None
