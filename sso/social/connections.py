"""Which outside accounts open a person's account: added with proof of both, and never down to no way in at all."""

from enum import Enum
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import Exists, QuerySet
from django.urls import reverse

from accounts.access import Reason, Revocation
from accounts.flows import email, notices
from accounts.models import User
from accounts.sign_in import ways_in
from audit import log
from audit.actions import Action
from core.client import Facts
from core.site import absolute
from sso.models import Connection
from sso.social import configuration
from sso.social.configuration import Provider
from sso.social.identity import Identity

SOMEBODY_ELSE_WAS_IN = {Reason.MAILBOX_PROVED, Reason.DISOWNED, Reason.EMAIL_CHANGE_UNDONE}


class Removal(Enum):
    DONE = "done"
    GONE = "gone"
    LAST_WAY_IN = "last"


def of(user: User) -> "QuerySet[SocialAccount]":
    rows: QuerySet[SocialAccount] = SocialAccount.objects.filter(user_id=user.pk)
    return rows.order_by("pk")


def usable(user: User) -> list[Provider]:
    """The providers with which this person can sign in today."""
    connected = set(of(user).values_list("provider", flat=True))
    return [provider for provider in configuration.providers() if provider.slug in connected]


def count_usable(user: User) -> int:
    slugs = [provider.slug for provider in configuration.providers()]
    return of(user).filter(provider__in=slugs).count()


def find(identity: Identity) -> SocialAccount | None:
    rows = SocialAccount.objects.filter(provider=identity.slug, uid=identity.key)
    return rows.select_related("user").first()


def add(*, user: User, identity: Identity, facts: Facts, tell_owner: bool) -> None:
    """In the caller's transaction. The database allows one owner for each identity."""
    SocialAccount.objects.create(
        user=user, provider=identity.slug, uid=identity.key, extra_data=_remembered(identity)
    )
    _note(Action.CONNECTION_ADD, user, identity.slug, identity.email, facts)
    if tell_owner:
        _mail("connection_added", user, identity.slug, identity.email, facts)


def refresh(connection: SocialAccount, identity: Identity) -> None:
    """Notes the use, and how the account is called there now; ours stays as it is."""
    connection.extra_data = _remembered(identity)
    connection.save(update_fields=["extra_data", "last_login"])


def remove(*, user: User, connection_id: int, facts: Facts) -> Removal:
    with transaction.atomic():
        # The person's row is the lock: of two removals at once, the second one sees what the first one left.
        User.objects.select_for_update().get(pk=user.pk)
        connection = of(user).filter(pk=connection_id).first()
        if connection is None:
            return Removal.GONE
        counts = is_usable(connection.provider)
        if ways_in.total(user) <= int(counts):
            return Removal.LAST_WAY_IN
        connection.delete()
        name_there = connection.extra_data.get("email", "")
        _note(Action.CONNECTION_REMOVE, user, connection.provider, name_there, facts)
        _mail("connection_removed", user, connection.provider, name_there, facts)
    return Removal.DONE


def end_doubtful(revocation: Revocation) -> int:
    """Those that somebody else may have made: before any mailbox was proved, or while they were in the account.

    In every other case it is a way in like the password, which a revocation leaves in place as well.
    """
    if revocation.reason == Reason.COMPROMISED and revocation.since:
        return int(of(revocation.user).filter(date_joined__gte=revocation.since).delete()[0])
    first_reset = revocation.reason == Reason.PASSWORD_RESET and email.is_first_proof(revocation.user)
    doubtful = revocation.reason in SOMEBODY_ELSE_WAS_IN or first_reset
    return int(of(revocation.user).delete()[0]) if doubtful else 0


def name_of(account: SocialAccount) -> str:
    """How it is called there, after the provider."""
    shown = account.extra_data.get("email", "")
    return f"{label(account.provider)}: {shown}" if shown else label(account.provider)


def label(slug: str) -> str:
    provider = configuration.find(slug) or of_organization(slug)
    return provider.name if provider else slug


def is_usable(slug: str) -> bool:
    """Whether it still opens an account today."""
    if configuration.find(slug) is not None:
        return True
    connection = of_organization(slug)
    return connection is not None and connection.is_usable


def of_organization(slug: str) -> Connection | None:
    return Connection.objects.with_account_provider(slug).first()


def open_to(user: User) -> list[Connection]:
    """Of the organizations that somebody has joined, and of the one that has proved the domain of their address."""
    domain = user.email.rpartition("@")[2]
    rows = dict.fromkeys([*Connection.objects.of_member(user), *Connection.objects.for_domain(domain)])
    return [row for row in rows if row.is_usable]


def has_any(user: User) -> bool:
    """Connected or open to them, in one statement: every page of an account asks."""
    domain = user.email.rpartition("@")[2]
    something = (
        Exists(of(user).order_by())
        | Exists(Connection.objects.of_member(user).order_by())
        | Exists(Connection.objects.for_domain(domain).order_by())
    )
    return User.objects.filter(pk=user.pk).filter(something).exists()


def offered(user: User) -> list[Connection]:
    """Those of them that are not connected yet."""
    connected = set(of(user).values_list("provider", flat=True))
    return [row for row in open_to(user) if row.account_provider not in connected]


def _remembered(identity: Identity) -> dict[str, Any]:
    """For support, and so that people recognise the account; nothing of the rest that providers tell."""
    return {"issuer": identity.issuer, "subject": identity.subject, "email": identity.email}


def _note(action: Action, user: User, slug: str, name_there: str, facts: Facts) -> None:
    person = user.public_id
    log.record(
        action,
        actor=person,
        person=person,
        facts=facts,
        data={"provider": slug},
        personal={"account": name_there},
    )


def _mail(message: str, user: User, slug: str, name_there: str, facts: Facts) -> None:
    context = {
        "provider": label(slug),
        "account": name_there,
        "address": facts.address,
        "device": facts.device,
        "link": absolute(reverse("sso:connections")),
    }
    notices.tell(user, message, context=context)
