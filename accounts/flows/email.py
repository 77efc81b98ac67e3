"""Proving that a mailbox is one's own, and what that makes of the account."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest

from accounts import limits
from accounts.access import Reason
from accounts.flows import password, proof
from accounts.models import Proof, User
from audit import log
from audit.actions import Action
from core import client
from core.client import Facts


def send_verification(*, address: EmailAddress, facts: Facts) -> None:
    """Link and code in one mail; whichever comes back first counts."""
    person = address.user.public_id
    with transaction.atomic():
        proof.mail(
            user=address.user,
            purpose=Proof.Purpose.VERIFY_EMAIL,
            email=address.email,
            message="verify_email",
            page="account_confirm_email",
        )
        sent_to = {"email": address.email}
        log.record(Action.EMAIL_VERIFICATION_SEND, actor=person, person=person, facts=facts, personal=sent_to)


def resend(*, request: HttpRequest, user: User | None, typed: str | None) -> None:
    if user is None:
        if typed:
            get_adapter().send_account_already_exists_mail(typed)
        return
    address = EmailAddress.objects.filter(user_id=user.pk, email=user.email, verified=False).first()
    if address is not None and limits.may_mail(request, address=address.email):
        send_verification(address=address, facts=client.facts(request))


def is_first_proof(user: User) -> bool:
    """Until an address is proved, nobody knows whether whoever chose the password is its owner."""
    addresses = EmailAddress.objects.filter(user_id=user.pk, verified=True)
    return not addresses.exists()


def confirm_by_link(*, request: HttpRequest, token: str, new_password: str | None = None) -> User | None:
    """`new_password` replaces one that somebody else may have prepared, together with all access it gave."""
    with transaction.atomic():
        spent = proof.spend_link(token, Proof.Purpose.VERIFY_EMAIL)
        if spent is None or not _verify(request, spent):
            return None
        if new_password is not None:
            password.replace(
                user=spent.user,
                new_password=new_password,
                action=Action.PASSWORD_CHANGE,
                reason=Reason.MAILBOX_PROVED,
                facts=client.facts(request),
            )
        return spent.user


def confirm_by_code(*, request: HttpRequest, user: User | None, code: str) -> bool:
    """Not in one transaction with the caller's refusal: a wrong code stays counted."""
    with transaction.atomic():
        spent = proof.spend_code(user, code, Proof.Purpose.VERIFY_EMAIL)
        return spent is not None and _verify(request, spent)


def _verify(request: HttpRequest, spent: Proof) -> bool:
    waiting = EmailAddress.objects.select_for_update().filter(user=spent.user, email=spent.email)
    address = waiting.first()
    return address is not None and get_adapter().confirm_email(request, address)
