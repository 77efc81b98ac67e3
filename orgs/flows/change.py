"""Every change to an organization: one at a time, by somebody who may, as things are at that moment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from accounts import access
from accounts.sign_in.reauthentication import ProveAgain
from audit import log
from audit.actions import Action
from orgs import authority
from orgs.actor import Actor, ServiceActor
from orgs.authority import Authority
from orgs.errors import NotYours, Paused, Suspended
from orgs.models import Membership, Organization, Policy
from orgs.permissions import Permission


@contextmanager
def change(
    organization: Organization, *, by: Actor, permission: Permission | None = None
) -> Iterator[Authority]:
    """Holds the organization's row, so that what is checked inside is still so when it is committed.

    Yields what the actor may do by now: a page may have been opened before their role was taken away.
    """
    with transaction.atomic():
        if by.user is not None and not by.is_operator:
            access.hold(by.user)
        # NO KEY: rows that merely point to the organization are not kept waiting.
        fresh = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        held = _held(fresh, by)
        if permission is not None and not held.may(permission):
            raise NotYours
        yield held


def require_proof(by: Actor) -> None:
    """Before somebody is given more than a member has: with a borrowed browser or a token that was found, nobody makes
    an owner of themselves."""
    if not by.is_proved():
        raise ProveAgain(by.user)


@contextmanager
def change_from_desk(organization: Organization, *, by: Actor) -> Iterator[None]:
    """The same for what only those may do who run the site, whatever somebody is in the organization."""
    if not by.is_operator:
        raise NotYours
    with change(organization, by=by):
        yield


def _held(organization: Organization, by: Actor) -> Authority:
    if by.is_operator:
        return authority.OPERATOR
    if not organization.is_active:
        raise Suspended
    if by.service is not None:
        return _held_by_service(organization, by.service)
    membership = authority.readable(Membership.objects.of(organization)).filter(user=by.user).first()
    if membership is None:
        raise NotYours
    if membership.paused_at is not None:
        raise Paused
    return authority.of(membership).within(by.scope)


def _held_by_service(organization: Organization, service: ServiceActor) -> Authority:
    if service.organization_id != organization.pk:
        raise NotYours
    return authority.of_service(service.scope_now(), Policy.objects.of(organization).get())


def record(
    action: Action,
    organization: Organization,
    by: Actor,
    *,
    data: Mapping[str, object] | None = None,
    **more: Any,
) -> None:
    # The organization's people learn that it was an operator, and not who.
    operator = {"by_operator": True} if by.is_operator else {}
    log.record(
        action,
        actor=by.public_id,
        service=by.service_id,
        organization=organization.public_id,
        facts=by.facts,
        data={**(data or {}), **operator},
        **more,
    )
