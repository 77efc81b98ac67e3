"""Accounts of people whom somebody else vouches for; they have no password until they choose one."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.signals import user_signed_up
from django.db import transaction
from django.http import HttpRequest

from accounts import access
from accounts.access import Reason
from accounts.flows import unproved
from accounts.models import User
from accounts.pages import preferences
from audit import log
from audit.actions import Action
from core import client


def create(*, request: HttpRequest, email: str, name: str, proved_by: str = "") -> User:
    """`proved_by` says who is believed that the mailbox is theirs; without it, the mailbox is asked at sign-in."""
    with transaction.atomic():
        user = User.objects.create_user(email, None, name=name, language=preferences.language_to_keep())
        EmailAddress.objects.create(user=user, email=user.email, verified=bool(proved_by), primary=True)
        user_signed_up.send(sender=User, request=request, user=user)
        if proved_by:
            unproved.give_way(email=user.email, owner=user)
            log.record(
                Action.EMAIL_VERIFY,
                actor=user.public_id,
                person=user.public_id,
                facts=client.facts(request),
                data={"by": proved_by},
                personal={"email": user.email},
            )
    return user


def take_over(*, request: HttpRequest, user: User, name: str) -> None:
    """The mailbox's owner gets an account that was never proved, without anything that somebody prepared in it.

    The caller holds the lock on the person's row and knows that no address of theirs was proved.
    """
    with transaction.atomic():
        facts = client.facts(request)
        access.revoke(user, reason=Reason.MAILBOX_PROVED, actor=user, facts=facts)
        user.set_unusable_password()
        user.name, user.language = name, preferences.language_to_keep()
        user.save(update_fields=["password", "name", "language"])
        EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
        unproved.give_way(email=user.email, owner=user)
        address, _ = EmailAddress.objects.get_or_create(
            user=user, email=user.email, defaults={"primary": True}
        )
        get_adapter().confirm_email(request, address)
