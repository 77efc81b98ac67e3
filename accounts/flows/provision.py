"""Accounts whose address needs no further proof: an operator vouches for it, or an invitation was mailed to it."""

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.flows import registration, unproved
from accounts.models import User
from accounts.pages import preferences
from audit import log
from audit.actions import Action


def create_person(
    *,
    email: str,
    name: str = "",
    password: str | None = None,
    password_hash: str | None = None,
    administrator: bool = False,
) -> User:
    """`password_hash` comes from accounts.passwords.exports.imported(); without any, a reset by mail sets the first."""
    with transaction.atomic():
        unproved.clear(email)
        create = User.objects.create_superuser if administrator else User.objects.create_user
        user = create(email, password, name=name)
        if password_hash is not None:
            user.password = password_hash
            user.save(update_fields=["password"])
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        log.record(Action.ADMIN_CREATE if administrator else Action.PERSON_CREATE, person=user.public_id)
    return user


def create_by_mailbox(*, email: str, password: str, name: str) -> User:
    """For whoever brought the link of an invitation. Pressing the button agrees to the terms that stand beside it."""
    with transaction.atomic():
        unproved.clear(email)
        user = User.objects.create_user(email, password, name=name, language=preferences.language_to_keep())
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        registration.accept(user)
    return user


def proved_addresses(user: User) -> list[str]:
    return list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))
