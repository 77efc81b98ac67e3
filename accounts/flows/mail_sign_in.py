"""Signing in with what was mailed instead of a password: the code, or the link, in the browser that asked for it.

It is a first factor. Whoever has a second one is asked for it all the same, since both mails and passwords get out.
"""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.flows import email as email_flow
from accounts.flows import mail_requests, notices, proof
from accounts.models import MailRequest, Proof, User
from accounts.sign_in import limits, methods
from audit import log
from audit.actions import Action, Outcome
from core import client, digests, ratelimit
from core.client import Facts
from core.models import Priority
from core.outbox.queue import queue
from core.site import absolute

METHOD = "mail"
PURPOSE = Proof.Purpose.SIGN_IN


def register() -> None:
    methods.register(METHOD, _("mail"), is_way_in=settings.SIGN_IN_BY_MAIL)


def ask(*, request: HttpRequest, email: str, secret: str) -> None:
    """`secret` is this browser's, without which neither the code nor the link in the mail signs anybody in."""
    if limits.may_mail_code(address=email):
        asked_by = digests.of_token(secret)
        mail_requests.ask(MailRequest.Kind.SIGN_IN, request=request, email=email, asked_by=asked_by)


def answer(asked: MailRequest, facts: Facts) -> None:
    """One mail either way; to a mailbox that nobody has proved yet, the one with which its owner proves it.

    What somebody merely claims beside their main address is not theirs: to its owner there is no account.
    """
    user = User.objects.with_address(asked.email).first()
    address = EmailAddress.objects.filter(user=user, email=asked.email).first() if user else None
    if user is None or address is None:
        link = {"link": absolute(reverse("account_login"))}
        queue("no_account_to_sign_in", to=asked.email, context=link, priority=Priority.URGENT)
    elif not address.verified:
        email_flow.send_verification(address=address, facts=facts)
    else:
        log.record(Action.SIGN_IN_MAIL_ASK, person=user.public_id, facts=facts)
        proof.mail(
            user=user,
            purpose=PURPOSE,
            email=asked.email,
            message="sign_in_code",
            page="accounts:mail-sign-in-link",
            asked_by=asked.asked_by,
            context={**notices.circumstances(facts), "at": asked.created_at},
        )


def by_code(*, email: str, secret: str, code: str) -> User | None:
    """Whoever this mailbox belongs to. A wrong code stays counted: nothing is raised."""
    user = User.objects.with_address(email).first()
    spent = proof.spend_code(user, code, PURPOSE, email=email, asked_by=digests.of_token(secret))
    return _owner(spent)


def by_link(*, token: str, secret: str) -> User | None:
    with transaction.atomic():
        found = proof.find(token, PURPOSE)
        if found is None or not is_asked_by(found, secret):
            return None
        return _owner(proof.spend_link(token, PURPOSE))


def is_asked_by(found: Proof, secret: str) -> bool:
    return bool(secret) and found.asked_by == digests.of_token(secret)


def note_other_browser(found: Proof, request: HttpRequest) -> None:
    """Somebody tried to sign in here with a link that another browser had asked for."""
    if ratelimit.leaves_evidence(client.address(request)):
        log.record(
            Action.SIGN_IN_REFUSE,
            person=found.user.public_id,
            outcome=Outcome.REFUSED,
            facts=client.facts(request),
            data={"reason": "another-browser"},
        )


def _owner(spent: Proof | None) -> User | None:
    """The address may have moved on between the mail and its answer."""
    if spent is None:
        return None
    owned = EmailAddress.objects.filter(user_id=spent.user_id, email=spent.email, verified=True)
    return spent.user if owned.exists() else None
