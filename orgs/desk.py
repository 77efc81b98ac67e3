"""What organizations add to the desk: where roles can be given, and the page of a person."""

from collections.abc import Collection, Iterator
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.desk import panels
from accounts.desk.panels import Panel, Row
from accounts.models import User
from accounts.roles import organizations
from audit import names as log_names
from audit.names import Kind, Name
from core.desk.permissions import SitePermission
from orgs.models import Membership, Organization


def register() -> None:
    organizations.register(organizations.Directory(find=find, names=names, people=people))
    panels.register(MEMBERSHIPS)
    log_names.register(Kind.ORGANIZATION, of_organizations, meant)


def of_organizations(ids: Collection[UUID]) -> dict[UUID, Name]:
    """As the log calls them."""
    rows = Organization.objects.filter(public_id__in=ids).values_list("public_id", "name", "pk")
    return {key: Name(name, reverse("admin:orgs_organization_change", args=[pk])) for key, name, pk in rows}


def find(typed: str) -> UUID | None:
    return Organization.objects.filter(slug=typed.lower()).values_list("public_id", flat=True).first()


def meant(typed: str) -> UUID | None:
    """In the log, by its name as well, if no other has the same."""
    found = Organization.objects.called(typed).values_list("public_id", flat=True)[:2]
    return found[0] if len(found) == 1 else None


def names(ids: Collection[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    return dict(Organization.objects.filter(public_id__in=ids).values_list("public_id", "name"))


def people(ids: Collection[UUID]) -> QuerySet[User]:
    members = Membership.across_organizations.filter(organization__public_id__in=ids)
    return User.objects.filter(pk__in=members.values("user"))


def memberships(user: User) -> Iterator[Row]:
    return _in_words(Membership.objects.of_person(user))


def memberships_within(user: User, ids: Collection[UUID]) -> Iterator[Row]:
    return _in_words(Membership.objects.of_person(user).filter(organization__public_id__in=ids))


def _in_words(found: QuerySet[Membership]) -> Iterator[Row]:
    for row in found.select_related("organization").order_by("organization__name"):
        paused = [(_("paused"), "badge-warning")] if row.paused_at else []
        state = (
            [] if row.organization.is_active else [(row.organization.get_status_display(), "badge-warning")]
        )
        yield Row(
            row.organization.name,
            (str(row.get_role_display()),),
            badges=(*paused, *state),
            link=reverse("admin:orgs_organization_change", args=[row.organization_id]),
        )


MEMBERSHIPS = Panel(
    gettext_lazy("Organizations"),
    SitePermission.ORGANIZATIONS_VIEW,
    memberships,
    gettext_lazy("Member of none."),
    within=memberships_within,
    order=50,
)
