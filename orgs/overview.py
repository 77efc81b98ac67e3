"""What organizations add to the pages of one's account."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.pages import overview
from accounts.pages.overview import Page, ToDo
from orgs.models import Invitation, Membership, Organization

# On the person as this request knows them, and gone with it.
NEAR = "near_organizations"


def register() -> None:
    overview.add_reminders(of_invitations)
    overview.add_page(Page(_("Organizations"), "orgs:index", 50, is_shown=_has_page))


def of_invitations(user: User) -> Iterator[ToDo]:
    invited = [organization for organization in _near(user) if not vars(organization)["is_member"]]
    for organization in invited[:3]:
        text = _("You are invited to join %(organization)s.") % {"organization": organization.name}
        yield ToDo(text, _("See the invitation"), "orgs:index")


def of_person(user: User) -> list[Membership]:
    """For lists and for the switcher; also those where they are paused, which they shall know."""
    rows = Membership.objects.of_person(user).exclude(organization__status=Organization.Status.CLOSED)
    return [*rows.select_related("organization").order_by("organization__name", "pk")]


def may_create(user: User) -> bool:
    return settings.ORGANIZATIONS_BY == "anyone" and user.has_verified_email


def _has_page(user: User) -> bool:
    return settings.ORGANIZATIONS_BY == "anyone" or bool(_near(user))


def _near(user: User) -> list[Organization]:
    """Where somebody belongs or is invited. The menu and the list of what there is to do share one look."""
    found: list[Organization] | None = getattr(user, NEAR, None)
    if found is None:
        mine = Membership.objects.of_person(user)
        # A union, since no index serves an OR across two tables: both of its halves have one.
        either = mine.values("organization").union(Invitation.objects.open_to(user).values("organization"))
        rows = Organization.objects.filter(pk__in=either).order_by("name")
        found = list(rows.annotate(is_member=Exists(mine.filter(organization=OuterRef("pk")))))
        setattr(user, NEAR, found)
    return found
