"""Changing the rules of an organization."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.duration import duration_iso_string

from audit.actions import Action
from orgs import rules, ways
from orgs.actor import Actor
from orgs.errors import AboveYourself, WouldLockOwnersOut, WouldLockYouOut
from orgs.flows import notices
from orgs.flows.change import change, record
from orgs.models import Organization, Policy
from orgs.permissions import Permission

RULES = (
    "ways",
    "second_factor",
    "second_factor_for",
    "second_factor_from",
    "session_idle",
    "session_absolute",
    "inviters",
    "domains",
)


def edit(*, organization: Organization, by: Actor, signed_in_by: set[str], **chosen: Any) -> bool:
    """Rules that are not chosen stay. `signed_in_by` is how the actor proved who they are: nobody makes rules that
    they do not meet themselves."""
    with change(organization, by=by, permission=Permission.POLICY_MANAGE) as held:
        policy = Policy.objects.of(organization).select_related("organization").get()
        before, formerly = _content(policy), list(policy.ways)
        for name in RULES:
            setattr(policy, name, chosen.get(name, getattr(policy, name)))
        after = _content(policy)
        if before == after:
            return False
        if policy.ways and not by.is_operator and not signed_in_by & set(policy.ways):
            raise WouldLockYouOut
        if not by.is_operator:
            _keep_owners_in(policy, formerly, by)
        if _widens(before["inviters"], after["inviters"]) and not held.may(Permission.MEMBERS_INVITE):
            raise AboveYourself
        policy.save(update_fields=RULES)
        record(Action.POLICY_CHANGE, organization, by, before=before, after=after)
        rules.shorten_sessions(organization)
        for owner in notices.owners_of(organization):
            if owner != by.user:
                notices.tell(owner, "organization_policy_changed", organization=organization, by=by)
    return True


def _keep_owners_in(policy: Policy, formerly: list[str], by: Actor) -> None:
    """What they have at this moment counts: nobody is asked to set something up after the door is shut."""
    if policy.ways == formerly:
        return
    were_out = ways.owners_without(policy.organization, formerly)
    out = ways.owners_without(policy.organization, policy.ways) - were_out - {by.user}
    if out:
        raise WouldLockOwnersOut(len(out))


def _widens(before: object, after: object) -> bool:
    """Whether more people than so far may invite: a gift, that nobody makes who may not invite themselves."""
    order = Policy.Inviters.values
    return order.index(str(after)) > order.index(str(before))


def _content(policy: Policy) -> dict[str, object]:
    return {name: _kept(getattr(policy, name)) for name in RULES}


def _kept(value: object) -> object:
    """As the log keeps it, which knows what JSON knows."""
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    return value.isoformat() if isinstance(value, datetime) else value
