"""Who may ask about whom, and in which organization: the caller's own row says so, never the request by itself.

A service account asks about its own organization, and a person about themselves, where they are a member. Of whatever
is elsewhere they get the answer of what is nowhere.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Q

from accounts.api.caller import ApiRequest, Service
from accounts.models import User
from accounts.sign_in.reauthentication import ProveAgain
from core.errors import Forbidden, Problem
from orgs import authority, door, rules
from orgs.api import door as api_door
from orgs.decisions import evaluation, records, surroundings
from orgs.decisions.surroundings import Surroundings
from orgs.decisions.vocabulary import ORGANIZATION, PERSON, Asked, Decision, Reason
from orgs.errors import OrganizationProblem
from orgs.models import Membership, Organization

log = structlog.get_logger(__name__)
Answering = Callable[[Asked], Decision]
STATUS = Organization.Status


def of_caller(request: ApiRequest, asked: Sequence[Asked]) -> Answering:
    """Everything is read here; what it gives then answers one by one."""
    service = request.caller.service
    return _of_person(request, asked) if service is None else _of_service(service, asked)


def _of_service(service: Service, asked: Sequence[Asked]) -> Answering:
    rows = Organization.objects.filter(pk=service.organization_id, status=STATUS.ACTIVE)
    organization = rows.select_related("policy").first()
    here = [one for one in asked if organization is not None and _all_name(organization, one.organizations())]
    if organization is None or len(here) < len(asked):
        # Whoever looks for a credential that tries doors finds it here.
        log.warning("decision_elsewhere", service=str(service.public_id), questions=len(asked) - len(here))
    if organization is None:
        return lambda one: Decision.refused(Reason.ORGANIZATION_UNKNOWN)
    known = records.read(organization, here)

    def answer(one: Asked) -> Decision:
        if not _all_name(organization, one.organizations()):
            return Decision.refused(Reason.ORGANIZATION_UNKNOWN)
        return evaluation.answer(known, one, surroundings.vouched_for(one.context))

    return answer


def _of_person(request: ApiRequest, asked: Sequence[Asked]) -> Answering:
    own = [one for one in asked if _is_about(request.user, one)]
    memberships = _memberships(request.user, [name for one in own for name in _named(one)])
    found = {
        membership.organization_id: _within(request, membership, own) for membership in memberships.values()
    }

    def answer(one: Asked) -> Decision:
        names = _named(one)
        if not _is_about(request.user, one):
            return Decision.refused(Reason.SUBJECT_UNKNOWN)
        if not names:
            return Decision.refused(Reason.ORGANIZATION_NOT_NAMED)
        membership = memberships.get(names[0]) if isinstance(names[0], str) else None
        if membership is None or not _all_name(membership.organization, names):
            return Decision.refused(Reason.ORGANIZATION_UNKNOWN)
        return found[membership.organization_id](one)

    return answer


def _within(request: ApiRequest, membership: Membership, asked: Sequence[Asked]) -> Answering:
    """Whom the door of the organization keeps out may do nothing in it, for the reason that the door gives."""
    organization = membership.organization
    around = _at_door(request, membership)
    if isinstance(around, Problem):
        code, words = around.code, str(around.detail)
        return lambda one: Decision(False, code, words, words)
    known = records.read(organization, [one for one in asked if _all_name(organization, _named(one))])
    return lambda one: evaluation.answer(known, one, around)


def _at_door(request: ApiRequest, membership: Membership) -> Surroundings | Problem:
    try:
        place = door.place_of(membership)
        rules.require_at_door(request, place.organization)
        api_door.require_met(request, place)
    except Problem as refusal:
        if isinstance(refusal, (OrganizationProblem, Forbidden, ProveAgain, *door.refusals())):
            return refusal
        raise
    return surroundings.of_caller(request, place.organization)


def _memberships(user: User, names: Sequence[Any]) -> Mapping[str, Membership]:
    """By whatever the organization was called. A closed one is nowhere."""
    texts = {name for name in names if isinstance(name, str)}
    if not texts:
        return {}
    ids: set[UUID] = {found for found in map(records.identifier, texts) if found is not None}
    wanted = Q(organization__slug__in=texts) | Q(organization__public_id__in=ids)
    rows = authority.readable(Membership.objects.of_person(user)).filter(wanted)
    found: dict[str, Membership] = {}
    for membership in rows.exclude(organization__status=STATUS.CLOSED):
        membership.user = user
        found |= dict.fromkeys(_names_of(membership.organization), membership)
    return found


def _named(one: Asked) -> list[Any]:
    """By a person, who may ask about the organization itself without naming it twice."""
    about = [one.resource.id] if one.resource.type == ORGANIZATION else []
    return [*one.organizations(), *about]


def _names_of(organization: Organization) -> tuple[str, str]:
    return str(organization.slug), str(organization.public_id)


def _all_name(organization: Organization, names: Sequence[Any]) -> bool:
    return all(name in _names_of(organization) for name in names)


def _is_about(user: User, one: Asked) -> bool:
    names = records.names_of(user, is_proved=bool(vars(user).get("has_proved_address")))
    return one.subject.type == PERSON and one.subject.id.lower() in names
