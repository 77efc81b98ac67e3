"""Accounts that an operator makes, with an address that needs no proof because the operator vouches for it."""

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.flows import unproved
from accounts.models import User
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
