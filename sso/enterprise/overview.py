"""What organizations' own providers add to the words for how somebody signed in."""

from django.utils.translation import gettext_lazy as _

from accounts.sign_in import methods
from orgs import ways
from orgs.permissions import Permission
from orgs.views.pages import Entry, add_entry
from sso.enterprise import reauthentication
from sso.enterprise.arrival import METHOD


def register() -> None:
    add_entry(Entry(_("Own sign-in"), "sso-organization:index", Permission.SSO_MANAGE), after="orgs:policy")
    ways.register(METHOD, reauthentication.meets)
    methods.register(METHOD, _("the organization's own sign-in"), is_way_in=True, page="sso:choose")
