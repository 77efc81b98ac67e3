"""Somebody comes back from a provider: what is known of them, what follows from it, and the evidence.

The same for the providers of the site and for those of organizations; a Source says what differs.
"""

from dataclasses import dataclass
from typing import NoReturn, Protocol
from uuid import UUID

import structlog
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts import access
from accounts.flows import email, registration, vouched
from accounts.models import User
from audit import log
from audit.actions import Action, Outcome
from core import client, ratelimit
from sso.linking import Owner, Purpose, Situation, Verdict, decide
from sso.social import connections
from sso.social.identity import Identity

log_of_site = structlog.get_logger(__name__)

# To somebody whose mailbox is not proved, all of these must look alike, also where signing up is closed.
AS_NEW = {Verdict.SIGN_UP, Verdict.SIGN_UP_UNPROVED, Verdict.REFUSE_IN_SILENCE}
NEW = {Verdict.SIGN_UP, Verdict.SIGN_UP_UNPROVED}
REFUSALS = {verdict for verdict in Verdict if verdict.name.startswith("REFUSE")}


class Source(Protocol):
    """Who vouches for them. `slug` is how the log calls it."""

    @property
    def slug(self) -> str: ...

    @property
    def organization_id(self) -> UUID | None:
        """Of the organization whose provider it is, by public id."""

    def may_bring(self, email: str) -> bool:
        """Whether somebody new with this address gets an account by it."""

    def answers_for(self, account: User) -> bool:
        """Whether an account that has the address may be opened by it without having been connected before."""

    def may_open(self, account: User) -> bool:
        """Whether its word is good enough for an account that is connected, or about to be."""


class Attempt(Protocol):
    """What this browser or program set out to do; `person` is who was signed in then, by public id."""

    @property
    def purpose(self) -> Purpose: ...

    @property
    def person(self) -> str: ...

    @property
    def next_address(self) -> str: ...


@dataclass(frozen=True)
class OfTheSite:
    """A provider that the settings name: it brings whom the site lets sign up, and answers for no account yet."""

    slug: str
    organization_id: UUID | None = None

    def may_bring(self, email: str) -> bool:
        return registration.is_open_to(email)

    def answers_for(self, account: User) -> bool:
        return False

    def may_open(self, account: User) -> bool:
        return True


@dataclass(frozen=True)
class Arrival:
    """What was decided, and the person it is about; everything it changes is in the database by then."""

    verdict: Verdict
    user: User | None = None
    is_closed: bool = False


def how(identity: Identity) -> dict[str, str]:
    """What a session remembers of it."""
    return {"method": "socialaccount", "provider": identity.slug, "uid": identity.key}


def arrive(request: HttpRequest, source: Source, attempt: Attempt, identity: Identity) -> Arrival:
    try:
        return _arrive(request, source, attempt, identity)
    except IntegrityError:
        # Somebody arrived with the same identity or address between our look and our insert: now it is there.
        return _arrive(request, source, attempt, identity)


def refuse(
    request: HttpRequest, source: Source, attempt: Attempt | None, reason: str, failure: Exception
) -> NoReturn:
    """Committed first, raised after. Which of all reasons it was, its sender does not learn."""
    note(request, source, attempt, reason)
    raise failure


def note(request: HttpRequest, source: Source, attempt: Attempt | None, reason: str) -> None:
    """Of an answer that came to nothing before anybody was known by it."""
    log_of_site.warning("answer_refused", provider=source.slug, reason=str(reason))
    if ratelimit.leaves_evidence(client.address(request)):
        note_refusal(request, source, attempt, reason)


def _arrive(request: HttpRequest, source: Source, attempt: Attempt, identity: Identity) -> Arrival:
    with transaction.atomic():
        # In this order: whoever makes both between our two looks must not show us the account without its connection.
        account = _owner_of(identity.email)
        connection = connections.find(identity)
        situation = _look(request, source, attempt, identity, connection, account)
        verdict = decide(situation)
        if verdict in AS_NEW and not source.may_bring(identity.email):
            note_refusal(request, source, attempt, "sign-up-closed")
            return Arrival(verdict, is_closed=True)
        if verdict in REFUSALS:
            note_refusal(request, source, attempt, verdict, account)
            return Arrival(verdict)
        return Arrival(verdict, _act(request, identity, verdict, connection, account))


def _look(
    request: HttpRequest,
    source: Source,
    attempt: Attempt,
    identity: Identity,
    connection: SocialAccount | None,
    account: User | None,
) -> Situation:
    here = request.user if isinstance(request.user, User) else None
    opened = connection.user if connection else here
    return Situation(
        purpose=attempt.purpose,
        signed_in=here is not None,
        same_person=here is not None and str(here.public_id) == attempt.person,
        linked_to=_owner(connection, here),
        has_address=bool(identity.email),
        provider_verified=identity.email_verified,
        provider_trusted=identity.trusted,
        account_exists=account is not None,
        account_proved=account is not None and not email.is_first_proof(account),
        account_active=account is not None and account.is_active,
        answered_for=account is not None and source.answers_for(account),
        outranks_provider=opened is not None and not source.may_open(opened),
    )


def _act(
    request: HttpRequest,
    identity: Identity,
    verdict: Verdict,
    connection: SocialAccount | None,
    account: User | None,
) -> User:
    facts = client.facts(request)
    match verdict:
        case Verdict.SIGN_UP | Verdict.SIGN_UP_UNPROVED:
            proved_by = identity.slug if verdict is Verdict.SIGN_UP else ""
            user = vouched.create(
                request=request, email=identity.email, name=identity.name, proved_by=proved_by
            )
            connections.add(user=user, identity=identity, facts=facts, tell_owner=False)
            return user
        case Verdict.TAKE_OVER if account is not None:
            vouched.take_over(request=request, user=account, name=identity.name)
            connections.add(user=account, identity=identity, facts=facts, tell_owner=True)
            return account
        case Verdict.LINK if account is not None:
            connections.add(user=account, identity=identity, facts=facts, tell_owner=True)
            return account
        case Verdict.CONNECT if isinstance(request.user, User):
            access.hold(request.user)
            connections.add(user=request.user, identity=identity, facts=facts, tell_owner=True)
            return request.user
        case _ if connection is not None:
            connections.refresh(connection, identity)
            owner: User = connection.user
            return owner
    raise AssertionError(verdict)


def _owner_of(address: str) -> User | None:
    """Whose this address is, locked for the decision; whoever proved it comes before whoever merely claims it."""
    if not address:
        return None
    whose = User.objects.with_address(address).values("pk")
    owners = list(User.objects.select_for_update().filter(pk__in=whose).order_by("pk"))
    return next((owner for owner in owners if not email.is_first_proof(owner)), owners[0] if owners else None)


def _owner(connection: SocialAccount | None, here: User | None) -> Owner:
    if connection is None:
        return Owner.NOBODY
    return Owner.SELF if here is not None and connection.user_id == here.pk else Owner.ANOTHER


def note_refusal(
    request: HttpRequest,
    source: Source,
    attempt: Attempt | None,
    reason: str,
    account: User | None = None,
) -> None:
    here = request.user.public_id if isinstance(request.user, User) else None
    connecting = attempt is not None and attempt.purpose is not Purpose.SIGN_IN
    log.record(
        Action.CONNECTION_REFUSE if connecting else Action.SIGN_IN_REFUSE,
        actor=here,
        person=here or (account.public_id if account else None),
        outcome=Outcome.REFUSED,
        facts=client.facts(request),
        organization=source.organization_id,
        data={"provider": source.slug, "reason": reason},
    )
