"""Joining, roles, pausing, leaving and being removed. Somebody can always act for an organization that has owners."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy

from accounts.models import User
from audit.actions import Action
from core.errors import Missing
from orgs import authority, holdings, names, rules
from orgs.actor import Actor
from orgs.authority import Authority
from orgs.errors import AboveYourself, AlreadyMember, LastOwner
from orgs.flows import notices
from orgs.flows import roles as role_flow
from orgs.flows.change import change, change_from_desk, record
from orgs.models import Grant, Invitation, KeptOut, Membership, Organization, Role, Team, TeamMember
from orgs.permissions import BuiltIn, Permission


def join(
    *, organization: Organization, user: User, role: str, by: Actor, team: Team | None = None
) -> Membership:
    """The caller knows that this person may: by an invitation, or as an operator. Once, also when asked twice."""
    try:
        with transaction.atomic():
            membership = Membership.across_organizations.create(
                organization=organization, user=user, role=role
            )
    except IntegrityError as error:
        raise AlreadyMember from error
    if team is not None:
        TeamMember.across_organizations.create(organization=organization, team=team, membership=membership)
    KeptOut.objects.of(organization).filter(user=user).delete()
    record(Action.MEMBER_JOIN, organization, by, person=user.public_id, data={"role": role})
    rules.shorten_sessions(organization, only=user)
    return membership


def is_kept_out(organization: Organization, user: User) -> bool:
    """Whether somebody would come back in by themselves whom others had removed or paused."""
    mark = KeptOut.objects.of(organization).filter(user=user).first()
    if mark is None:
        return False
    asked_anew = Invitation.objects.open_to(user).filter(organization=organization, created_at__gt=mark.since)
    return not asked_anew.exists()


def add(*, organization: Organization, user: User, role: str, by: Actor) -> Membership:
    """By those who run the site; the person is told, since nobody asked them."""
    with change_from_desk(organization, by=by):
        membership = join(organization=organization, user=user, role=role, by=by)
        notices.tell(user, "organization_joined", organization=organization, by=by)
    return membership


def change_role(
    *, membership: Membership, role: str | None = None, own_roles: list[Role] | None = None, by: Actor
) -> bool:
    """The built-in role and those of the organization's own, together; what is not given stays.

    Whether anything is different now.
    """
    organization = membership.organization
    with change(organization, by=by, permission=Permission.MEMBERS_MANAGE) as held:
        fresh = _fresh(membership, held)
        before = [*Grant.objects.of(organization).filter(membership=fresh).select_related("role")]
        role = fresh.role if role is None else role
        chosen = [grant.role for grant in before] if own_roles is None else own_roles
        own_roles = role_flow.as_they_are(organization, chosen)
        kept = {grant.role_id for grant in before} & {row.pk for row in own_roles}
        added = [row for row in own_roles if row.pk not in kept]
        if fresh.role != role and not held.may_give(role):
            raise AboveYourself
        if not all(held.covers(row.permissions) for row in added):
            raise AboveYourself
        if fresh.is_owner and role != BuiltIn.OWNER:
            _keep_an_owner(fresh)
        removed = [grant for grant in before if grant.role_id not in kept]
        if fresh.role == role and not added and not removed:
            return False
        Membership.objects.of(organization).filter(pk=fresh.pk).update(role=role)
        Grant.objects.of(organization).filter(pk__in=[grant.pk for grant in removed]).delete()
        Grant.across_organizations.bulk_create(
            Grant(organization=organization, role=row, membership=fresh) for row in added
        )
        names_before = sorted([fresh.role, *(grant.role.name for grant in before)])
        names_after = sorted([role, *(row.name for row in own_roles)])
        record(
            Action.MEMBER_CHANGE,
            organization,
            by,
            person=fresh.user.public_id,
            before={"roles": names_before},
            after={"roles": names_after},
        )
        notices.tell(
            fresh.user,
            "organization_role_changed",
            organization=organization,
            by=by,
            roles=_listed([BuiltIn(role).label, *sorted(row.name for row in own_roles)]),
        )
        if role == BuiltIn.OWNER and fresh.role != role:
            tell_owners_of_new(fresh, by)
    return True


def pause(*, membership: Membership, by: Actor) -> bool:
    """Nothing there opens to them with the next request; `resume` gives back everything."""
    organization = membership.organization
    with change(organization, by=by, permission=Permission.MEMBERS_MANAGE) as held:
        fresh = _fresh(membership, held)
        if fresh.paused_at is not None:
            return False
        if fresh.is_owner:
            _keep_an_owner(fresh)
        Membership.objects.of(organization).filter(pk=fresh.pk).update(paused_at=timezone.now())
        # What they hold opens nothing meanwhile, and is theirs again afterwards; what they sent is in others' hands.
        holdings.end_invitations(fresh)
        _withdraw_invitations_to(fresh)
        record(Action.MEMBER_PAUSE, organization, by, person=fresh.user.public_id)
        notices.tell(fresh.user, "organization_paused", organization=organization, by=by)
    return True


def resume(*, membership: Membership, by: Actor) -> bool:
    organization = membership.organization
    with change(organization, by=by, permission=Permission.MEMBERS_MANAGE) as held:
        fresh = _fresh(membership, held)
        if fresh.paused_at is None:
            return False
        Membership.objects.of(organization).filter(pk=fresh.pk).update(paused_at=None)
        record(Action.MEMBER_RESUME, organization, by, person=fresh.user.public_id)
        rules.shorten_sessions(organization, only=fresh.user)
        notices.tell(fresh.user, "organization_unpaused", organization=organization, by=by)
    return True


def remove(*, membership: Membership, by: Actor) -> None:
    organization = membership.organization
    with change(organization, by=by, permission=Permission.MEMBERS_MANAGE) as held:
        fresh = _fresh(membership, held)
        _end(fresh, Action.MEMBER_REMOVE, by)
        if by.user != fresh.user:
            _keep_out(fresh)
        notices.tell(fresh.user, "organization_removed", organization=organization, by=by)


def leave(*, membership: Membership, by: Actor) -> None:
    """By the person themselves, which needs no permission, and nobody's leave; also while paused or suspended."""
    organization = membership.organization
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        fresh = Membership.objects.of(organization).select_related("user").filter(pk=membership.pk).first()
        if fresh is None:
            raise Missing
        _end(fresh, Action.MEMBER_LEAVE, by)
        if fresh.paused_at is not None:
            # They may always go; what others have decided about them stays.
            _keep_out(fresh)
        notices.tell(fresh.user, "organization_left", organization=organization, by=by)


def tell_owners_of_new(membership: Membership, by: Actor) -> None:
    for owner in notices.owners_of(membership.organization):
        if owner != membership.user and owner != by.user:
            notices.tell(
                owner,
                "organization_owner_added",
                organization=membership.organization,
                by=by,
                member=names.of_person(membership.user),
            )


def _listed(names_of_roles: Sequence[str | Promise]) -> Promise:
    """Put into words where the mail is: in the language of its reader."""
    return format_lazy(", ".join(["{}"] * len(names_of_roles)), *names_of_roles)


def _end(membership: Membership, action: Action, by: Actor) -> None:
    organization = membership.organization
    if membership.is_owner:
        _keep_an_owner(membership)
    ended = holdings.end_all(membership)
    Membership.objects.of(organization).filter(pk=membership.pk).delete()
    record(action, organization, by, person=membership.user.public_id, data={"ended": ended})


def _keep_out(membership: Membership) -> None:
    KeptOut.across_organizations.update_or_create(
        organization=membership.organization, user=membership.user, defaults={"since": timezone.now()}
    )
    _withdraw_invitations_to(membership)


def _withdraw_invitations_to(membership: Membership) -> int:
    """To whatever mailbox of theirs: one may have been sent by somebody who did not know that it is theirs."""
    to_them = Invitation.objects.open_to(membership.user).filter(organization=membership.organization)
    return to_them.update(withdrawn_at=timezone.now())


def _fresh(membership: Membership, held: Authority) -> Membership:
    """As it is now that the organization is held; gone meanwhile is a 404. Only who stands over them goes on."""
    rows = authority.readable(Membership.objects.of(membership.organization).select_related("user"))
    fresh = rows.filter(pk=membership.pk).first()
    if fresh is None:
        raise Missing
    if not held.stands_over(authority.of(fresh)):
        raise AboveYourself
    return fresh


def _keep_an_owner(membership: Membership) -> None:
    if not Membership.objects.owners(membership.organization).exclude(pk=membership.pk).exists():
        raise LastOwner
