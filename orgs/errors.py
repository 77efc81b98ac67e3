"""Why something about an organization is refused.

OrganizationProblem
├── NotYours          403  a member whose roles do not include it
├── Paused            403  a member whose access is paused
├── Suspended         403  the organization itself is
├── OtherWayNeeded    403  its rules ask for another way to sign in
└── Conflict          409  not as things are; nothing was changed
    ├── LastOwner          somebody has to be able to act for it
    ├── AboveYourself      more than whoever asks may do themselves
    ├── NameTaken
    ├── AlreadyMember
    ├── OutsideDomains
    ├── NotInvited          the invitation is somebody else's
    ├── InvitationOver      used, withdrawn, or too old
    ├── WouldLockYouOut     rules that whoever makes them does not meet
    ├── NoDomain            not the name of one, or one that is nobody's own
    ├── DomainTaken         another organization has proved it first
    └── DomainNotProved     the DNS does not say so

SignInMethodRefused       401  to a program: its person has to sign in another way
"""

from collections.abc import Sequence
from typing import Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.sign_in.programs import Demand
from core.errors import Problem


class OrganizationProblem(Problem):
    pass


class NotYours(OrganizationProblem):
    status = 403
    code = "organization_permission_missing"
    title = _("Your role does not include this")
    detail = _("An owner or admin of the organization can do it, or give you a role that may.")


class Paused(OrganizationProblem):
    status = 403
    code = "membership_paused"
    title = _("Your access is paused")
    detail = _("You are still a member. Please ask an owner or admin of the organization.")


class Suspended(OrganizationProblem):
    status = 403
    code = "organization_suspended"
    title = _("This organization is suspended")
    detail = _("Nothing in it was lost. Its owners know more, or can ask the people who run this site.")


class OtherWayNeeded(OrganizationProblem):
    status = 403
    code = "organization_sign_in"
    title = _("Sign in another way")

    def __init__(self, *, organization: str, ways: str, pages: Sequence[str] = ()) -> None:
        self.organization, self.ways, self.pages = organization, ways, pages
        super().__init__(
            _("%(organization)s asks its people to sign in with: %(ways)s. Sign out, and sign in that way.")
            % {"organization": organization, "ways": ways}
        )

    @classmethod
    def example(cls) -> Self:
        return cls(organization="Acme", ways=str(_("the organization's own sign-in")))


class Conflict(OrganizationProblem):
    status = 409
    code = "conflict"
    title = _("That does not go together")


class LastOwner(Conflict):
    code = "last_owner"
    detail = _("This is the last owner. Make somebody else an owner first.")


class AboveYourself(Conflict):
    code = "above_yourself"
    detail = _("That is more than you may do yourself: only somebody who may can give or take it.")


class NameTaken(Conflict):
    code = "name_taken"
    detail: str | Promise = _("There is one of this name already.")


class AlreadyMember(Conflict):
    code = "already_member"
    detail = _("They are a member already.")


class OutsideDomains(Conflict):
    code = "outside_domains"
    detail = _(
        "The organization takes people with addresses of certain domains only, and this is none of them."
    )


class NotInvited(Conflict):
    code = "not_invited"
    detail = _("This invitation is for another address. Sign in with the account that has it.")


class InvitationOver(Conflict):
    code = "invitation_over"
    detail = _("This invitation does not work any more.")


class WouldLockYouOut(Conflict):
    code = "would_lock_you_out"
    detail = _(
        "You are not signed in that way yourself: these rules would lock you out. Sign in that way first."
    )


class WouldLockOwnersOut(Conflict):
    code = "would_lock_owners_out"

    def __init__(self, count: int) -> None:
        self.members = {"owners": count}
        super().__init__(
            ngettext(
                "%(count)d owner could not sign in any more: they have none of the ways that the rules would leave. "
                "They first set one up in their account, such as a password or the organization's own sign-in under "
                "Connected accounts; or allow one more way.",
                "%(count)d owners could not sign in any more: they have none of the ways that the rules would leave. "
                "They first set one up in their account, such as a password or the organization's own sign-in under "
                "Connected accounts; or allow one more way.",
                count,
            )
            % {"count": count}
        )

    @classmethod
    def example(cls) -> Self:
        return cls(2)


class NoDomain(Conflict):
    code = "no_domain"


class DomainTaken(Conflict):
    code = "domain_taken"
    detail = _(
        "Another organization has proved that this domain is its own. Ask the people who run this site."
    )


class DomainNotProved(Conflict):
    code = "domain_not_proved"
    detail = _("The record was not found yet. New records may take an hour to be seen everywhere; try again.")


class SignInMethodRefused(Demand):
    code = "sign_in_method_refused"
    title = _("Sign in another way")
    detail = _(
        "Not every way is good enough for an organization of yours. `organizations` says which ways are."
    )
    page = "account_login"

    @classmethod
    def example(cls) -> Self:
        return cls(organizations=[{"name": "Acme", "methods": ["sso"]}])
