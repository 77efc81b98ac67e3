"""Letting somebody sign up where that is not open to everybody: by a link that proves their mailbox as well."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.flows import provision, unproved
from accounts.models import Invitation, User
from audit import log
from audit.actions import Action
from core import digests
from core.client import Facts
from core.models import Priority
from core.outbox.queue import queue
from core.site import absolute


class AlreadyHere(Exception):
    """There is an account with this address: its owner signs in, and needs no invitation."""


def invite(*, email: str, actor: User | None, facts: Facts | None = None) -> Invitation:
    """Earlier invitations to the same mailbox end with this one."""
    if unproved.has_owner(email):
        raise AlreadyHere
    token = digests.new_token()
    with transaction.atomic():
        Invitation.objects.open().filter(email=email).update(withdrawn_at=timezone.now())
        invitation = Invitation.objects.create(
            email=email,
            link_digest=digests.of_token(token),
            invited_by=actor,
            expires_at=timezone.now() + settings.INVITATION_LIFETIME,
        )
        link = absolute(reverse("account_signup_invited", args=[token]))
        queue("invitation", to=email, context={"link": link}, priority=Priority.URGENT)
        _record(Action.INVITATION_SEND, invitation, actor, facts)
    return invitation


def withdraw(*, invitation: Invitation, actor: User, facts: Facts) -> bool:
    with transaction.atomic():
        ended = Invitation.objects.open().filter(pk=invitation.pk).update(withdrawn_at=timezone.now())
        if ended:
            _record(Action.INVITATION_WITHDRAW, invitation, actor, facts)
    return bool(ended)


def find(token: str) -> Invitation | None:
    return Invitation.objects.filter(link_digest=digests.of_token(token)).first()


def accept(*, token: str, password: str, name: str, facts: Facts) -> User | None:
    """The new account, for the one request that gets there first. Its address needs no further proof."""
    try:
        return _accept(token=token, password=password, name=name, facts=facts)
    except IntegrityError:
        # Somebody came by the same address between our look and our insert; now they can be seen.
        return _accept(token=token, password=password, name=name, facts=facts)


def _accept(*, token: str, password: str, name: str, facts: Facts) -> User | None:
    with transaction.atomic():
        spent = Invitation.objects.open().filter(link_digest=digests.of_token(token))
        if not spent.update(used_at=timezone.now()):
            return None
        invitation = Invitation.objects.get(link_digest=digests.of_token(token))
        if unproved.has_owner(invitation.email):
            return None
        user = provision.create_by_mailbox(email=invitation.email, password=password, name=name)
        _record(Action.INVITATION_ACCEPT, invitation, user, facts)
        return user


def _record(action: Action, invitation: Invitation, actor: User | None, facts: Facts | None) -> None:
    log.record(
        action,
        actor=actor.public_id if actor else None,
        target=("invitation", str(invitation.pk)),
        facts=facts,
        personal={"email": invitation.email},
    )
