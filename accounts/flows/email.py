"""Proving that a mailbox is one's own, and what that makes of the account."""

from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation

from accounts.access import Reason
from accounts.flows import mail_requests, notices, password, proof, unproved
from accounts.models import MailRequest, Proof, User
from accounts.sign_in import limits
from audit import log
from audit.actions import Action
from core import client
from core.client import Facts
from core.models import Priority
from core.outbox.queue import queue
from core.site import absolute

DOUBLE_PRESS = timedelta(minutes=1)


def send_verification(*, address: EmailAddress, facts: Facts, actor: User | None = None) -> None:
    """Link and code in one mail; whichever comes back first counts. Asked for by the owner, or at the desk."""
    person = address.user.public_id
    asking = actor.public_id if actor else person
    with transaction.atomic():
        proof.mail(
            user=address.user,
            purpose=Proof.Purpose.VERIFY_EMAIL,
            email=address.email,
            message="verify_email",
            page="account_confirm_email",
        )
        sent_to = {"email": address.email}
        log.record(Action.EMAIL_VERIFICATION_SEND, actor=asking, person=person, facts=facts, personal=sent_to)


def ask(kind: MailRequest.Kind, *, request: HttpRequest, email: str) -> None:
    """Silently no more than a few: the page says the same either way."""
    if limits.may_mail(request, address=email):
        mail_requests.ask(kind, request=request, email=email)


def answer_sign_up(asked: MailRequest, facts: Facts) -> None:
    user = User.objects.with_address(asked.email).first()
    if user is None:
        return
    address = EmailAddress.objects.filter(user=user, email=asked.email).first()
    if address is not None and not address.verified:
        if asked.kind == MailRequest.Kind.RESEND or not _just_sent(address):
            send_verification(address=address, facts=facts)
        return
    link = {"link": absolute(reverse("account_login"))}
    queue("already_registered", to=asked.email, context=link, person=user.public_id, priority=Priority.URGENT)
    log.record(Action.SIGN_UP_REPEAT, person=user.public_id, facts=facts)


def _just_sent(address: EmailAddress) -> bool:
    """A second press of the button is one sign-up: a newer mail would only make the first one worthless."""
    sent = Proof.objects.open().filter(
        user=address.user, email=address.email, purpose=Proof.Purpose.VERIFY_EMAIL
    )
    return sent.filter(created_at__gt=timezone.now() - DOUBLE_PRESS).exists()


def is_first_proof(user: User) -> bool:
    """Until an address is proved, nobody knows whether whoever chose the password is its owner.

    Whoever was asked at the desk to do it again had proved one.
    """
    if user.proof_asked_at is not None:
        return False
    return not EmailAddress.objects.filter(user_id=user.pk, verified=True).exists()


def confirm_by_link(*, request: HttpRequest, token: str, new_password: str | None = None) -> User | None:
    """`new_password` replaces one that somebody else may have prepared, together with all access it gave."""
    with transaction.atomic():
        spent = proof.spend_link(token, Proof.Purpose.VERIFY_EMAIL)
        if spent is None or not _verify(request, spent):
            return None
        if new_password is not None:
            # The language was chosen by whoever signed up, as the password was.
            User.objects.filter(pk=spent.user.pk).update(language=translation.get_language() or "")
            password.replace(
                user=spent.user,
                new_password=new_password,
                action=Action.PASSWORD_CHANGE,
                reason=Reason.MAILBOX_PROVED,
                facts=client.facts(request),
            )
        return spent.user


def confirm_by_code(*, request: HttpRequest, user: User | None, email: str, code: str) -> bool:
    """Not in one transaction with the caller's refusal: a wrong code stays counted."""
    with transaction.atomic():
        spent = proof.spend_code(user, code, Proof.Purpose.VERIFY_EMAIL, email=email)
        return spent is not None and _verify(request, spent)


def _verify(request: HttpRequest, spent: Proof) -> bool:
    waiting = EmailAddress.objects.select_for_update().filter(user=spent.user, email=spent.email)
    address = waiting.first()
    if address is None:
        return False
    unproved.give_way(email=spent.email, owner=spent.user)
    is_further = not is_first_proof(spent.user)
    confirmed: bool = get_adapter().confirm_email(request, address)
    # Another of their addresses does not stand for the one that was asked for.
    asked = User.objects.filter(pk=spent.user.pk, email=spent.email, proof_asked_at__isnull=False)
    asked.update(proof_asked_at=None)
    if confirmed and is_further:
        _tell_owner(spent, client.facts(request))
    return confirmed


def _tell_owner(spent: Proof, facts: Facts) -> None:
    """It opens the account from now on, so whoever reads the main address has to hear of it."""
    page = {"added": spent.email, "link": absolute(reverse("accounts:addresses"))}
    notices.tell(spent.user, "address_added", context={**notices.circumstances(facts), **page})
