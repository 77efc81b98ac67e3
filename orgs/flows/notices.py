"""Mail about an organization to one of its people."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.flows import notices
from accounts.models import User
from accounts.pages import preferences
from core.site import absolute
from orgs.actor import Actor
from orgs.models import Membership, Organization


def owners_of(organization: Organization) -> list[User]:
    return [row.user for row in Membership.objects.owners(organization).select_related("user")]


def tell(user: User, message: str, *, organization: Organization, by: Actor, **context: Any) -> None:
    """In the reader's language, else the site's: that of whoever acted is not theirs."""
    with preferences.of_the_site():
        shown = {
            "organization": organization.name,
            "actor": by.name,
            "at": timezone.now(),
            "link": absolute(reverse("orgs:overview", args=[organization.slug])),
            **context,
        }
        notices.tell(user, message, context=shown)
