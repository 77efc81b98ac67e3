"""Asking somebody in: by a link that is in the mail alone, works once, and for the invited mailbox only."""

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.flows import provision, registration, unproved
from accounts.models import User
from audit.actions import Action
from core import digests
from core.models import Priority
from core.outbox.queue import queue
from core.site import absolute
from orgs import names
from orgs.actor import Actor
from orgs.authority import Authority
from orgs.errors import AboveYourself, AlreadyMember, InvitationOver, NotInvited, OutsideDomains, Suspended
from orgs.flows import members, notices, teams
from orgs.flows.activity import NO_MEMBER
from orgs.flows.change import change, record, require_proof
from orgs.models import Invitation, KeptOut, Membership, Organization, Policy, Team
from orgs.permissions import BuiltIn, Permission


def invite(
    *,
    organization: Organization,
    email: str,
    role: str,
    by: Actor,
    team: Team | None = None,
    for_anybody: bool = False,
) -> Invitation:
    """Earlier ones to the same mailbox end with this one. It is sent alike whether or not they have an account."""
    token = digests.new_token()
    with change(organization, by=by, permission=Permission.MEMBERS_INVITE) as held:
        _check_gift(held, role, team, by)
        if not Policy.objects.of(organization).get().allows_address(email):
            raise OutsideDomains
        # By their main address only: that another one is theirs as well is nobody's business here.
        if Membership.objects.of(organization).filter(user__email=email).exists():
            raise AlreadyMember
        _unused_to(organization, email).update(withdrawn_at=timezone.now())
        invitation = Invitation.across_organizations.create(
            organization=organization,
            email=email,
            role=role,
            team=team,
            for_anybody=for_anybody,
            link_digest=digests.of_token(token),
            invited_by=by.user,
            expires_at=timezone.now() + settings.INVITATION_LIFETIME,
        )
        _send(invitation, token, by)
        _record(Action.MEMBER_INVITE, invitation, by)
    return invitation


def resend(*, invitation: Invitation, by: Actor) -> None:
    """A new link with its full time; the one in the former mail ends."""
    token = digests.new_token()
    with change(invitation.organization, by=by, permission=Permission.MEMBERS_INVITE) as held:
        _check_gift(held, invitation.role, invitation.team, by)
        sent = _unused(invitation).update(
            link_digest=digests.of_token(token),
            created_at=timezone.now(),
            expires_at=timezone.now() + settings.INVITATION_LIFETIME,
        )
        if not sent:
            raise InvitationOver
        _send(invitation, token, by)
        _record(Action.MEMBER_INVITE_AGAIN, invitation, by)


def withdraw(*, invitation: Invitation, by: Actor) -> bool:
    with change(invitation.organization, by=by, permission=Permission.MEMBERS_INVITE):
        ended = _unused(invitation).update(withdrawn_at=timezone.now())
        if ended:
            _record(Action.MEMBER_INVITE_WITHDRAW, invitation, by)
    return bool(ended)


def find(token: str) -> Invitation | None:
    """For showing a page; it spends nothing."""
    rows = Invitation.objects.with_digest(digests.of_token(token))
    return rows.select_related("organization__policy", "team", "invited_by").first()


def waiting_for(user: User) -> QuerySet[Invitation]:
    """For whoever cannot find the mail: it went to an address that is proved to be theirs."""
    rows = Invitation.objects.open_to(user)
    return rows.exclude(organization__memberships__user=user).select_related("organization__policy", "team")


def is_for(invitation: Invitation, user: User) -> bool:
    if invitation.for_anybody:
        return True
    return User.objects.with_address(invitation.email).filter(pk=user.pk).exists()


def may_sign_up(invitation: Invitation) -> bool:
    """Whether the link also makes an account: the mail proves the mailbox, and the site lets them in.

    An organization that anybody could have made does not open what the site keeps closed.
    """
    if registration.mode() == registration.Mode.CLOSED:
        return False
    return invitation.organization.is_trusted or registration.is_open_to(invitation.email)


def may_open_accounts(invitation: Invitation) -> bool:
    """The same before anybody has said which mailbox is theirs."""
    if registration.mode() == registration.Mode.CLOSED:
        return False
    return invitation.organization.is_trusted or registration.has_page()


def claim(*, token: str, email: str, by: Actor) -> None:
    """Whoever has a link that anybody may use, and no account, says which mailbox is theirs: from now on the
    invitation is for that one alone, and its link is in the mail there.

    The link itself proves nothing: it may have been handed on, and the invited mailbox is not theirs by that.
    Who else is invited, or has an account, nobody learns.
    """
    token_there = digests.new_token()
    with transaction.atomic():
        invitation = _spendable(find(token))
        organization = invitation.organization
        if not invitation.for_anybody:
            raise InvitationOver
        if not Policy.objects.of(organization).get().allows_address(email):
            raise OutsideDomains
        others = _unused_to(organization, email).exclude(pk=invitation.pk)
        if others.filter(expires_at__gt=timezone.now()).exists():
            # They have a mail already, and what it offers is for its sender to say.
            return
        others.update(withdrawn_at=timezone.now())
        # As old as it was: who was put out since does not come back by it.
        open_one = Invitation.objects.open_of(organization).filter(link_digest=invitation.link_digest)
        if not open_one.update(email=email, for_anybody=False, link_digest=digests.of_token(token_there)):
            raise InvitationOver
        invitation.email = email
        _send(invitation, token_there, Actor(invitation.invited_by))
        _record(Action.MEMBER_INVITE_AGAIN, invitation, by)


def accept(*, invitation: Invitation | None, by: Actor) -> Membership:
    """Makes the actor a member, for the one request that gets there first; `invitation` is what they have found."""
    if by.user is None:
        raise NotInvited
    with transaction.atomic():
        invitation = _spend(invitation)
        if not is_for(invitation, by.user):
            raise NotInvited
        return _join(invitation, by.user, by)


def accept_as_new(*, token: str, password: str, name: str, by: Actor) -> User:
    """The account and the membership, together. Its address needs no further proof: the link was in the mail there."""
    with transaction.atomic():
        invitation = _spend(find(token))
        if invitation.for_anybody or not may_sign_up(invitation) or unproved.has_owner(invitation.email):
            raise InvitationOver
        user = provision.create_by_mailbox(email=invitation.email, password=password, name=name)
        _join(invitation, user, Actor(user, by.facts))
        return user


def _spendable(invitation: Invitation | None) -> Invitation:
    """With its organization held."""
    if invitation is None:
        raise InvitationOver
    organization = Organization.objects.select_for_update(no_key=True).get(pk=invitation.organization_id)
    if not organization.is_active:
        raise Suspended
    return invitation


def _spend(invitation: Invitation | None) -> Invitation:
    invitation = _spendable(invitation)
    # By the link: sent again meanwhile, this one is none any more.
    open_ones = Invitation.objects.open_of(invitation.organization).filter(link_digest=invitation.link_digest)
    if not open_ones.update(used_at=timezone.now()):
        raise InvitationOver
    return invitation


def _join(invitation: Invitation, user: User, by: Actor) -> Membership:
    organization = invitation.organization
    if KeptOut.objects.since(invitation, user).exists():
        raise InvitationOver
    if not _has_allowed_address(organization.policy, user):
        raise OutsideDomains
    _record(Action.MEMBER_INVITE_ACCEPT, invitation, by)
    membership = members.join(
        organization=organization, user=user, role=invitation.role, team=invitation.team, by=by
    )
    if invitation.role == BuiltIn.OWNER:
        members.tell_owners_of_new(membership, by)
    elif invitation.invited_by is not None:
        notices.tell(
            invitation.invited_by,
            "organization_invitation_accepted",
            organization=organization,
            by=by,
            member=names.of_person(user),
        )
    return membership


def listed(organization: Organization) -> QuerySet[Invitation]:
    """The newest first, for those who may invite."""
    rows = Invitation.objects.of(organization).select_related(
        "invited_by", "organization", "team__organization"
    )
    members_now = Membership.objects.of(organization).filter(user=OuterRef("invited_by"))
    return rows.annotate(inviter_is_member=Exists(members_now)).order_by("-pk")


def inviter(invitation: Invitation) -> str:
    """Of a row of `listed`. What somebody is called after they have left is not the organization's to know."""
    if invitation.invited_by is None:
        return ""
    is_member = vars(invitation)["inviter_is_member"]
    return invitation.invited_by.get_full_name() if is_member else str(NO_MEMBER)


def _has_allowed_address(policy: Policy, user: User) -> bool:
    return not policy.domains or any(
        policy.allows_address(email) for email in provision.proved_addresses(user)
    )


def _check_gift(held: Authority, role: str, team: Team | None, by: Actor) -> None:
    if not held.may_give(role) or (team is not None and not held.may_give_team(team)):
        raise AboveYourself
    if role != BuiltIn.MEMBER or (team is not None and teams.brings_something(team)):
        require_proof(by)


def _unused_to(organization: Organization, email: str) -> QuerySet[Invitation]:
    """Also what is over, which could be sent once more."""
    rows = Invitation.objects.of(organization).filter(email=email)
    return rows.filter(used_at__isnull=True, withdrawn_at__isnull=True)


def _unused(invitation: Invitation) -> QuerySet[Invitation]:
    rows = Invitation.objects.of(invitation.organization).filter(pk=invitation.pk)
    return rows.filter(used_at__isnull=True, withdrawn_at__isnull=True)


def _send(invitation: Invitation, token: str, by: Actor) -> None:
    context = {
        "organization": invitation.organization.name,
        "inviter": names.of_person(by.user) if by.user and not by.is_operator else "",
        "link": absolute(reverse("orgs:accept-invitation", args=[token])),
    }
    queue("organization_invitation", to=invitation.email, context=context, priority=Priority.URGENT)


def _record(action: Action, invitation: Invitation, by: Actor) -> None:
    record(
        action,
        invitation.organization,
        by,
        target=("organization-invitation", str(invitation.public_id)),
        data={"role": invitation.role},
        personal={"email": invitation.email},
    )
