"""Who may make an account here: everybody, people of certain domains, invited people, or nobody.

Every way to a new account asks `is_open_to`: the page, an outside identity, a program.
"""

from enum import StrEnum

from django.conf import settings
from django.db import transaction

from accounts.models import Acceptance, User


class Mode(StrEnum):
    OPEN = "open"
    DOMAINS = "domains"
    INVITATION = "invitation"
    CLOSED = "closed"


def mode() -> Mode:
    return Mode(settings.REGISTRATION)


def has_page() -> bool:
    """Whether somebody who merely comes by finds a form."""
    return mode() in {Mode.OPEN, Mode.DOMAINS}


def is_open_to(email: str) -> bool:
    """Without an invitation. The domain decides, which says nothing about whether an account exists."""
    if mode() == Mode.DOMAINS:
        return email.rpartition("@")[2] in settings.REGISTRATION_DOMAINS
    return mode() == Mode.OPEN


def has_to_accept(user: User) -> bool:
    version = settings.TERMS_VERSION
    return bool(version) and not Acceptance.objects.filter(user=user, version=version).exists()


def accept(user: User) -> None:
    """Pressing twice agrees once; the time is that of the first press."""
    if settings.TERMS_VERSION:
        with transaction.atomic():
            Acceptance.objects.get_or_create(user=user, version=settings.TERMS_VERSION)
