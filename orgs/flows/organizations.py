"""An organization's life: made, described, suspended, closed."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.actions import Action
from orgs import rules
from orgs.actor import Actor
from orgs.errors import NameTaken
from orgs.flows import notices
from orgs.flows.change import change, change_from_desk, record
from orgs.models import Membership, Organization, Policy
from orgs.permissions import BuiltIn, Permission

Status = Organization.Status
SLUG_TAKEN = _("There is an organization of this short name already.")
DESCRIBED = ("name", "website", "support_email", "accent")


def create(*, slug: str, name: str, owner: User | None, by: Actor) -> Organization:
    """What operators make is vouched for by the site; what people make for themselves is not."""
    try:
        with transaction.atomic():
            organization = Organization.objects.create(slug=slug, name=name, is_trusted=by.is_operator)
            Policy.across_organizations.create(organization=organization)
            record(Action.ORGANIZATION_CREATE, organization, by, data={"slug": slug})
            if owner is not None:
                Membership.across_organizations.create(
                    organization=organization, user=owner, role=BuiltIn.OWNER
                )
                record(
                    Action.MEMBER_JOIN, organization, by, person=owner.public_id, data={"role": BuiltIn.OWNER}
                )
    except IntegrityError as error:
        raise NameTaken(SLUG_TAKEN) from error
    return organization


def describe(*, organization: Organization, by: Actor, **described: Any) -> None:
    """`described` are those of the fields that its own people may change; the others stay."""
    with change(organization, by=by, permission=Permission.ORGANIZATION_UPDATE):
        before = Organization.objects.values(*DESCRIBED).get(pk=organization.pk)
        after = {name: described.get(name, before[name]) for name in DESCRIBED}
        if before != after:
            Organization.objects.filter(pk=organization.pk).update(**after)
            record(Action.ORGANIZATION_CHANGE, organization, by, before=before, after=after)


def suspend(*, organization: Organization, by: Actor) -> bool:
    """Its people are out of it with their next request; nothing is lost, and `resume` lets them in again."""
    return _move(organization, by, Status.ACTIVE, Status.SUSPENDED, Action.ORGANIZATION_SUSPEND)


def resume(*, organization: Organization, by: Actor) -> bool:
    return _move(organization, by, Status.SUSPENDED, Status.ACTIVE, Action.ORGANIZATION_RESUME)


def reopen(*, organization: Organization, by: Actor) -> bool:
    return _move(organization, by, Status.CLOSED, Status.ACTIVE, Action.ORGANIZATION_REOPEN)


def close(*, organization: Organization, by: Actor) -> bool:
    """Out of sight for everybody in it. Only who runs the site can open it again, and the short name stays taken."""
    with change(organization, by=by, permission=Permission.ORGANIZATION_CLOSE):
        owners = notices.owners_of(organization)
        closed = (
            Organization.objects.filter(pk=organization.pk)
            .exclude(status=Status.CLOSED)
            .update(status=Status.CLOSED)
        )
        if closed:
            record(Action.ORGANIZATION_CLOSE, organization, by)
            for owner in owners:
                notices.tell(owner, "organization_closed", organization=organization, by=by)
    return bool(closed)


def vouch(*, organization: Organization, is_trusted: bool, by: Actor) -> bool:
    """Whether its rules govern how its people sign in to the whole site; for operators to say."""
    with change_from_desk(organization, by=by):
        rows = Organization.objects.filter(pk=organization.pk).exclude(is_trusted=is_trusted)
        changed = rows.update(is_trusted=is_trusted)
        if changed:
            record(Action.ORGANIZATION_CHANGE, organization, by, data={"is_trusted": is_trusted})
            rules.shorten_sessions(organization)
    return bool(changed)


def _move(organization: Organization, by: Actor, before: Status, after: Status, action: Action) -> bool:
    messages = {Status.SUSPENDED: "organization_suspended", Status.ACTIVE: "organization_resumed"}
    with change_from_desk(organization, by=by):
        moved = Organization.objects.filter(pk=organization.pk, status=before).update(status=after)
        if moved:
            record(action, organization, by)
            rules.shorten_sessions(organization)
            for owner in notices.owners_of(organization):
                notices.tell(owner, messages[after], organization=organization, by=by)
    return bool(moved)
