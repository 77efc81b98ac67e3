"""What organizations add to the pages of one's account."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.pages import overview
from accounts.pages.overview import Page, ToDo
from orgs.flows import invitations
from orgs.models import Membership, Organization


def register() -> None:
    overview.add_reminders(of_invitations)
    overview.add_page(Page(_("Organizations"), "orgs:index", 50, is_shown=_has_page))


def of_invitations(user: User) -> Iterator[ToDo]:
    for invitation in invitations.waiting_for(user)[:3]:
        text = _("You are invited to join %(organization)s.") % {"organization": invitation.organization.name}
        yield ToDo(text, _("See the invitation"), "orgs:index")


def of_person(user: User) -> list[Membership]:
    """For lists and for the switcher; also those where they are paused, which they shall know."""
    rows = Membership.objects.of_person(user).exclude(organization__status=Organization.Status.CLOSED)
    return [*rows.select_related("organization").order_by("organization__name", "pk")]


def may_create(user: User) -> bool:
    return settings.ORGANIZATIONS_BY == "anyone" and user.has_verified_email


def _has_page(user: User) -> bool:
    return settings.ORGANIZATIONS_BY == "anyone" or Membership.objects.of_person(user).exists()
