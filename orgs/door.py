"""Which organization a request is about, and what its visitor may do there: the one place that decides.

The path names it, and the visitor's own membership opens it: never a header, a parameter or a token by itself.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.models import User
from accounts.pages.requests import SignedInRequest
from accounts.sign_in import reauthentication
from accounts.sign_in.reauthentication import ProveAgain
from audit.actions import Action, Outcome
from core import client, errors, ratelimit
from core.errors import Problem
from core.requests import READS
from orgs import actor, authority, rules
from orgs.actor import Actor
from orgs.authority import Authority
from orgs.errors import Conflict, NotYours, OrganizationProblem, OtherWayNeeded, Paused, Suspended
from orgs.flows import change
from orgs.models import Membership, Organization
from orgs.permissions import Permission


@dataclass(frozen=True)
class Place:
    """An organization as one of its members stands in it, or a service account of its own, which is no member."""

    organization: Organization
    membership: Membership | None
    authority: Authority

    def may(self, permission: Permission) -> bool:
        return self.authority.may(permission)


# What other apps ask of whoever enters: a condition answers with a page, or not at all.
Condition = Callable[[SignedInRequest, Place], HttpResponse | None]
_conditions: list[Condition] = []
_refusals: list[type[Problem]] = []


def register_condition(condition: Condition, *, refuses: type[Problem]) -> None:
    """`refuses` is what it raises for programs, which see no pages."""
    _conditions.append(condition)
    _refusals.append(refuses)


def refusals() -> list[type[Problem]]:
    """Of the conditions, for the documentation."""
    return list(_refusals)


View = Callable[Concatenate[SignedInRequest, Place, ...], HttpResponseBase]


def membership_of(user: User, slug: str) -> Membership:
    """With the organization and its rules. To outsiders there is no such organization, whatever its state."""
    rows = authority.readable(Membership.objects.of_person(user))
    membership = rows.filter(organization__slug=slug).exclude(organization__status="closed").first()
    if membership is None:
        raise Http404
    membership.user = user
    return membership


def admit(request: SignedInRequest, slug: str, permission: Permission) -> Place:
    """Whatever stands in front of every page and every endpoint, in this order."""
    place = enter(request.user, slug)
    rules.require_at_door(request, place.organization)
    if not place.may(permission):
        raise NotYours
    return place


def enter(user: User, slug: str) -> Place:
    return place_of(membership_of(user, slug))


def place_of(membership: Membership) -> Place:
    """Of a row that was read by way of `authority.readable`."""
    if not membership.organization.is_active:
        raise Suspended
    if membership.paused_at is not None:
        raise Paused
    return Place(membership.organization, membership, authority.of(membership))


def member_page(
    permission: Permission, *, back_to: str = "", keeps: str = "", fresh: bool = False
) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Opens a view to members who hold `permission`; the view gets their place instead of the slug.

    `fresh` asks whoever proved long ago who they are to do so again. `back_to` names the page that shows why
    something was refused, for views that only take a POST; `keeps` is the argument that it has in common with them.
    """

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @functools.wraps(view)
        def guarded(request: SignedInRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            page = reverse(back_to, args=[slug, *([kwargs[keeps]] if keeps else [])]) if back_to else ""
            try:
                place = admit(request, slug, permission)
                stopped = _stopped(request, place, fresh=fresh, back_to=page)
                if stopped is not None:
                    return stopped
                return view(request, place, *args, **kwargs)
            except Conflict as refusal:
                leave_evidence(request, actor.member(request), slug, refusal)
                if not page or errors.wants_json(request):
                    raise
                messages.error(request, str(refusal.detail))
                return redirect(page)
            except OtherWayNeeded as refusal:
                if errors.wants_json(request):
                    raise
                return _ask_for_other_way(request, refusal)
            except ProveAgain:
                return reauthentication.ask(request, back_to=page)
            except OrganizationProblem as refusal:
                leave_evidence(request, actor.member(request), slug, refusal)
                raise

        return guarded

    return decorate


def _ask_for_other_way(request: SignedInRequest, refusal: OtherWayNeeded) -> HttpResponse:
    demands = [{"name": refusal.organization, "ways": refusal.ways}]
    context = {
        "demands": demands,
        "pages": refusal.pages,
        "back_to": request.path if request.method == "GET" else reverse("orgs:index"),
    }
    return render(request, "orgs/other_way.html", context, status=refusal.status)


def _stopped(request: SignedInRequest, place: Place, *, fresh: bool, back_to: str) -> HttpResponse | None:
    """Led elsewhere first: to what the organization asks for, or to a proof of who this is."""
    unmet = unmet_condition(request, place)
    if unmet is not None or _is_proved(request, place, fresh=fresh):
        return unmet
    return reauthentication.ask(request, back_to=back_to)


def unmet_condition(request: SignedInRequest, place: Place) -> HttpResponse | None:
    """The page of the first condition that is not met; for programs it is raised as a problem."""
    answers = (condition(request, place) for condition in _conditions)
    return next((answer for answer in answers if answer is not None), None)


def _is_proved(request: SignedInRequest, place: Place, *, fresh: bool) -> bool:
    if fresh and not reauthentication.is_proved(request):
        return False
    return rules.is_recent(request, place.organization)


def leave_evidence(request: HttpRequest, by: Actor, slug: str, refusal: OrganizationProblem) -> None:
    """Of what somebody tried to do; merely looking is limited elsewhere and tells nothing."""
    if request.method in READS or not ratelimit.leaves_evidence(client.address(request)):
        return
    change.record(
        Action.ORGANIZATION_REFUSE,
        organization_of(by, slug),
        by,
        outcome=Outcome.REFUSED,
        data={
            "reason": refusal.code,
            "page": request.resolver_match.view_name if request.resolver_match else "",
        },
    )


def organization_of(by: Actor, slug: str) -> Organization:
    """The organization that this path names, to somebody who belongs to it."""
    if by.user is not None:
        return membership_of(by.user, slug).organization
    rows = (
        Organization.objects.filter(pk=by.service.organization_id)
        if by.service
        else Organization.objects.none()
    )
    organization = rows.filter(slug=slug).select_related("policy").first()
    if organization is None:
        raise Http404
    return organization
