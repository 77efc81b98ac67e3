"""The same door for programs: what it asks is orgs.door's, and answers are problems instead of pages.

A credential opens what it was given and its owner may do, whichever is less. Rules about signing in hold for people: an
API key cannot show by what means its owner signed in, so where an organization asks for one, keys open nothing, and
where sessions end after a time, keys older than that. Service accounts are there for that.
"""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.utils import timezone

from accounts.api.caller import ApiRequest
from accounts.api.endpoint import Access, Handler, Refusal, by, freshly, operation
from accounts.api.scopes import OF_SIGN_INS_ALONE, Credential, Scope
from accounts.sign_in.reauthentication import ProveAgain
from core.api.problems import CredentialNotAllowed
from core.errors import Forbidden, Missing
from orgs import actor, authority, door, rules
from orgs.actor import Actor
from orgs.door import Place
from orgs.errors import NotYours, OrganizationProblem, OtherWayNeeded, Paused, Suspended
from orgs.permissions import Permission

AT_DOOR = [Missing, NotYours, Paused, Suspended, OtherWayNeeded, ProveAgain]


def inside(
    summary: str,
    permission: Permission,
    *,
    fresh: bool = False,
    refuses: list[Refusal] | None = None,
    **declared: Any,
) -> Callable[[Handler], Handler]:
    """Declares an operation of an organization; the method gets its caller's place instead of the slug.

    The scope that it takes is the permission by the same name. `fresh` asks people at a sign-in for a new proof.
    """
    access = _access(Scope(permission.value), fresh=fresh)

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        def guarded(self: Any, request: ApiRequest, slug: str, **inputs: Any) -> Any:
            caller = actor.program(request)
            try:
                return handler(self, request, enter(request, caller, slug, permission), **inputs)
            except OtherWayNeeded:
                raise
            except OrganizationProblem as refusal:
                door.leave_evidence(request, caller, slug, refusal)
                raise

        refused = [*AT_DOOR, *door.refusals(), *(refuses or [])]
        return operation(summary, access, refuses=refused, **declared)(guarded)

    return decorate


def enter(request: ApiRequest, caller: Actor, slug: str, permission: Permission) -> Place:
    if caller.service is not None:
        return _enter_as_service(request, caller, slug, permission)
    place = door.admit(request, slug, permission)
    require_met(request, place)
    return replace(place, authority=place.authority.within(request.caller.scope))


def require_met(request: ApiRequest, place: Place) -> None:
    """What other apps ask of whoever enters, and a proof that is not too old for this organization."""
    if door.unmet_condition(request, place) is not None:
        raise Forbidden
    _require_recent(request, place)


def _enter_as_service(request: ApiRequest, caller: Actor, slug: str, permission: Permission) -> Place:
    organization = door.organization_of(caller, slug)
    held = authority.of_service(request.caller.scope, organization.policy)
    if not held.may(permission):
        raise NotYours
    return Place(organization, None, held)


def _require_recent(request: ApiRequest, place: Place) -> None:
    caller = request.caller
    if caller.credential is Credential.KEY:
        # Whoever made it had just shown who they are.
        longest = place.organization.policy.session_absolute
        if longest is not None and (caller.since is None or caller.since <= timezone.now() - longest):
            raise CredentialNotAllowed
    elif not rules.is_recent(request, place.organization):
        raise ProveAgain(caller.user)


def _access(scope: Scope, *, fresh: bool) -> Access:
    if not fresh:
        return by(scope)
    return freshly(scope) if scope in OF_SIGN_INS_ALONE else by(scope, recently=actor.is_proved)
