"""Changing the rules of an organization."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.duration import duration_iso_string

from audit.actions import Action
from orgs import rules
from orgs.actor import Actor
from orgs.errors import WouldLockYouOut
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
    with change(organization, by=by, permission=Permission.POLICY_MANAGE):
        policy = Policy.objects.of(organization).select_related("organization").get()
        before = _content(policy)
        for name in RULES:
            setattr(policy, name, chosen.get(name, getattr(policy, name)))
        after = _content(policy)
        if before == after:
            return False
        if policy.ways and not by.is_operator and not signed_in_by & set(policy.ways):
            raise WouldLockYouOut
        policy.save(update_fields=RULES)
        record(Action.POLICY_CHANGE, organization, by, before=before, after=after)
        rules.shorten_sessions(organization)
        for owner in notices.owners_of(organization):
            if owner != by.user:
                notices.tell(owner, "organization_policy_changed", organization=organization, by=by)
    return True


def _content(policy: Policy) -> dict[str, object]:
    return {name: _kept(getattr(policy, name)) for name in RULES}


def _kept(value: object) -> object:
    """As the log keeps it, which knows what JSON knows."""
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    return value.isoformat() if isinstance(value, datetime) else value
