"""What every page of an organization shows around its own content."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.impersonation import middleware as impersonation
from accounts.pages.requests import SignedInRequest
from orgs import overview
from orgs.door import Place
from orgs.permissions import Permission


@dataclass(frozen=True)
class Entry:
    title: str | Promise
    url_name: str
    permission: Permission


MENU = [
    Entry(_("Overview"), "orgs:overview", Permission.ORGANIZATION_VIEW),
    Entry(_("Members"), "orgs:members", Permission.MEMBERS_VIEW),
    Entry(_("Invitations"), "orgs:invitations", Permission.MEMBERS_INVITE),
    Entry(_("Teams"), "orgs:teams", Permission.ORGANIZATION_VIEW),
    Entry(_("Roles"), "orgs:roles", Permission.ORGANIZATION_VIEW),
    Entry(_("Rules"), "orgs:policy", Permission.ORGANIZATION_VIEW),
    Entry(_("Activity"), "orgs:activity", Permission.ACTIVITY_VIEW),
    Entry(_("Settings"), "orgs:settings", Permission.ORGANIZATION_UPDATE),
]


def add_entry(entry: Entry, *, after: str) -> None:
    """For pages of other apps that belong to an organization."""
    place = next(number for number, known in enumerate(MENU) if known.url_name == after)
    MENU.insert(place + 1, entry)


# Pages within a part of the menu that is not named like them.
PARTS = {
    "member": "orgs:members",
    "role": "orgs:roles",
    "team": "orgs:teams",
    "team_edit": "orgs:teams",
    "close": "orgs:settings",
}


def show(
    request: SignedInRequest,
    place: Place,
    template: str,
    context: dict[str, Any] | None = None,
    status: int = 200,
    *,
    here: str = "",
) -> HttpResponse:
    """`template` is one of ours; other apps say by `here` which entry of the menu theirs, given in full, belongs to."""
    shown = {
        "place": place,
        "organization": place.organization,
        "may": {permission.name.lower(): True for permission in place.authority.permissions},
        "menu": [
            entry
            for entry in MENU
            if place.may(entry.permission) and impersonation.offers(request, entry.url_name)
        ],
        "here": here or PARTS.get(template, f"orgs:{template}"),
        "memberships": overview.of_person(request.user),
        **(context or {}),
    }
    name = template if here else f"orgs/{template}.html"
    return render(request, name, shown, status=status)
