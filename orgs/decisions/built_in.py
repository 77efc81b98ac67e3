"""The policies that every site has. What a resource says about itself, the asking application vouches for."""

import ipaddress
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from orgs.decisions.conditions import DAYS, Hours, is_among, is_of_application, owns_resource
from orgs.decisions.policies import Condition, Effect, Policy, Question
from orgs.decisions.strength import BY_NAME
from orgs.decisions.vocabulary import MEMBER, ORGANIZATION, TEAM
from orgs.permissions import EVERYTHING, Permission

# What can be done to what; everything can be asked about the organization itself.
FITTING = {
    ORGANIZATION: EVERYTHING,
    TEAM: {Permission.ORGANIZATION_VIEW, Permission.TEAMS_MANAGE},
    MEMBER: {Permission.MEMBERS_VIEW, Permission.MEMBERS_MANAGE},
}
# Each question of a batch may name them anew.
NETWORKS_AT_MOST = 100
LOOKS = {Permission.ORGANIZATION_VIEW, Permission.MEMBERS_VIEW}


def _holds_permission(question: Question) -> bool:
    asked = question.asked.action.name
    fits = question.target is not None and asked in FITTING[question.target.type]
    return fits and question.subject.authority.may(Permission(asked))


def _why_held(question: Question) -> str:
    return ", ".join(question.subject.authority.reasons[Permission(question.asked.action.name)])


def _is_above(question: Question) -> bool:
    held = question.target.held if question.target else None
    if held is None or question.asked.action.name in LOOKS:
        return False
    own = question.subject.authority
    if question.asked.resource.type == TEAM:
        return not own.covers(held.permissions)
    return not own.stands_over(held)


def _is_in_team_of_resource(question: Question) -> bool:
    """By number, or by name."""
    team = question.properties.get("team")
    if isinstance(team, str):
        return team.lower() in question.subject.teams
    return isinstance(team, int) and not isinstance(team, bool) and team in question.subject.team_numbers


def _has_role_of_resource(question: Question) -> bool:
    named = question.properties.get("role")
    roles = named if isinstance(named, list) else [named]
    return any(isinstance(role, str) and role.lower() in question.subject.roles for role in roles)


def _is_outside_hours(question: Question) -> bool:
    if "hours" not in question.properties:
        return False
    hours = hours_of(question.properties["hours"])
    return hours is None or question.around.at is None or not hours.include(question.around.at)


def hours_of(said: Any) -> Hours | None:
    """None of what cannot be read: then it is always outside."""
    try:
        days = frozenset(said.get("days", DAYS))
        if not days <= set(DAYS):
            return None
        begin, end = time.fromisoformat(said["from"]), time.fromisoformat(said["to"])
        # With an offset of their own they would contradict the zone.
        return None if begin.tzinfo or end.tzinfo else Hours(begin, end, ZoneInfo(said["zone"]), days)
    except (AttributeError, KeyError, TypeError, ValueError, OSError):
        return None


def _is_outside_networks(question: Question) -> bool:
    if "networks" not in question.properties:
        return False
    said = question.properties["networks"]
    if not isinstance(said, list) or len(said) > NETWORKS_AT_MOST:
        return True
    try:
        # A number would be read as an address.
        networks = [ipaddress.ip_network(each) for each in said if isinstance(each, str)]
    except ValueError:
        return True
    return not is_among(question.around.address, networks)


def _is_weakly_proved(question: Question) -> bool:
    if "factor" not in question.properties:
        return False
    said = question.properties["factor"]
    least = BY_NAME.get(said) if isinstance(said, str) else None
    return least is None or (question.around.proved or 0) < least


POLICIES = (
    Policy(
        "permission",
        Effect.PERMIT,
        _("Who holds a permission in the organization may do what it says, to what it is about."),
        Condition(_holds_permission),
        because=_why_held,
    ),
    Policy(
        "owner",
        Effect.PERMIT,
        _("Who owns a resource of an application may do with it what the application asks about."),
        is_of_application & owns_resource,
    ),
    Policy(
        "team",
        Effect.PERMIT,
        _("The team that a resource of an application names may do with it what the application asks about."),
        is_of_application & Condition(_is_in_team_of_resource),
    ),
    Policy(
        "role",
        Effect.PERMIT,
        _(
            "The roles that a resource of an application names may do with it what the application asks about."
        ),
        is_of_application & Condition(_has_role_of_resource),
    ),
    Policy(
        "above-oneself",
        Effect.DENY,
        _("Nobody changes a member or a team that may do more than they may do themselves."),
        Condition(_is_above),
    ),
    Policy(
        "outside-hours",
        Effect.DENY,
        _("A resource that names hours is closed outside them."),
        Condition(_is_outside_hours),
    ),
    Policy(
        "outside-networks",
        Effect.DENY,
        _("A resource that names networks is closed to everywhere else."),
        Condition(_is_outside_networks),
    ),
    Policy(
        "weak-proof",
        Effect.DENY,
        _("A resource that names a factor is closed to whoever has shown less."),
        Condition(_is_weakly_proved),
    ),
)
