"""Somebody comes from their organization's provider, verified: whose account it opens, and the way on from there."""

import time
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User
from accounts.pages.requests import SignedInRequest
from accounts.sign_in import pipeline, reauthentication
from core import client
from sso import arrival
from sso.arrival import Arrival, Attempt
from sso.enterprise import membership, visits
from sso.enterprise.parking import Arrived
from sso.enterprise.source import OfOrganization
from sso.linking import Purpose, Verdict
from sso.models import Connection
from sso.social import pages
from sso.social.identity import Identity
from sso.stages import VISIT

# What a session remembers of such a sign-in, and what an organization's rules call it.
METHOD = "sso"
FORBIDDEN = 403


def receive(request: HttpRequest, connection: Connection, attempt: Attempt, arrived: Arrived) -> HttpResponse:
    identity = _identity(connection, arrived)
    source = OfOrganization(connection)
    try:
        found = _arrive(request, connection, attempt, arrived, identity)
    except _TurnedAway as away:
        arrival.note_refusal(request, source, attempt, away.reason, away.user)
        return _not_yours(request, connection, away.reason)
    if found.is_closed:
        return _not_yours(request, connection, "not-a-member")
    if found.user is None:
        return pages.refusal(request, connection, found.verdict, identity)
    return _go_on(request, connection, attempt, arrived, found, found.user)


def _identity(connection: Connection, arrived: Arrived) -> Identity:
    """Within the connection: what another provider calls by the same name is somebody else.

    A SAML provider may change its own name; a `sub` means something only where its issuer stays the same.
    """
    return Identity(
        slug=connection.account_provider,
        issuer=connection.account_provider if connection.is_saml else connection.issuer,
        subject=arrived.profile.subject,
        email=arrived.profile.email,
        email_verified=True,
        trusted=True,
        name=arrived.profile.name,
    )


class _TurnedAway(Exception):
    """Takes back what was done on the way; the refusal itself is written down afterwards."""

    def __init__(self, reason: str, user: User) -> None:
        super().__init__(reason)
        self.reason, self.user = reason, user


def _arrive(
    request: HttpRequest, connection: Connection, attempt: Attempt, arrived: Arrived, identity: Identity
) -> Arrival:
    with transaction.atomic():
        found = arrival.arrive(request, OfOrganization(connection), attempt, identity)
        begins = attempt.purpose is Purpose.SIGN_IN and found.verdict is not Verdict.NOTHING_TO_DO
        if found.user is not None and begins:
            reason = membership.settle(connection, found.user, arrived.profile, client.facts(request))
            if reason:
                raise _TurnedAway(reason, found.user)
        return found


def _not_yours(request: HttpRequest, connection: Connection, reason: str) -> HttpResponse:
    context = {"connection": connection, "reason": reason}
    return render(request, "sso/not_a_member.html", context, status=FORBIDDEN)


def _go_on(
    request: HttpRequest,
    connection: Connection,
    attempt: Attempt,
    arrived: Arrived,
    found: Arrival,
    user: User,
) -> HttpResponse:
    proved = _proof(connection, arrived, user)
    if found.verdict is Verdict.NOTHING_TO_DO and attempt.purpose is Purpose.SIGN_IN:
        # They are signed in some other way, and an organization may have asked for this one.
        reauthentication.confirmed(cast(SignedInRequest, request), **proved)
    ended = pages.ended(request, attempt, found.verdict, **proved)
    if ended is not None:
        return ended
    visit = visits.begin(
        connection,
        user,
        name=arrived.name,
        session_index=arrived.session_index,
        ends_at=arrived.session_ends_at,
    )
    return pipeline.sign_in(
        request,
        user=user,
        next_address=attempt.next_address,
        signed_up=found.verdict in arrival.NEW,
        **proved,
        **{VISIT: str(visit.origin)},
    )


def _proof(connection: Connection, arrived: Arrived, user: User) -> dict[str, Any]:
    """What a session remembers of it. The proof is as old as the provider says: its own session may last for days."""
    organization = _organization(connection)
    proof = {
        "method": METHOD,
        "connection": connection.slug,
        "at": min(arrived.proved_at, time.time()),
        reauthentication.ORGANIZATION: organization,
    }
    if arrived.context in connection.trusted_contexts and OfOrganization(connection).speaks_for(user.email):
        # Of an account that is not the organization's own, its second factor is its owner's business.
        proof[reauthentication.TWO_FACTORS] = organization
    return proof


def _organization(connection: Connection) -> str:
    public_id: UUID = connection.organization.public_id
    return str(public_id)
