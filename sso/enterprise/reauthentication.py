"""Signing in once more at the organization's provider, for whoever has to show that it is still them."""

from allauth.socialaccount.models import SocialAccount
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.sign_in.reauthentication import Way
from orgs.models import Organization
from sso.enterprise import standing
from sso.models import Connection
from sso.social import connections


def usable(user: User) -> list[Connection]:
    """The connections by which this person can sign in today."""
    rows = connections.of(user).filter(provider__startswith="connection:")
    known = [found for row in rows if (found := _of(row)) is not None]
    return [found for found in known if found.is_usable and standing.may_open(found, user)]


def meets(user: User, organization: Organization) -> bool:
    """Whether the organization's own sign-in opens their account today."""
    return any(found.organization_id == organization.pk for found in usable(user))


def count(user: User) -> int:
    return len(usable(user))


def _of(row: SocialAccount) -> Connection | None:
    return Connection.objects.with_account_provider(row.provider).first()


def _label(user: User) -> str:
    names = [connection.name for connection in usable(user)]
    return _("Sign in again with %(providers)s") % {"providers": _(" or ").join(names)}


def _is_open_to(user: User) -> bool:
    return bool(usable(user))


WAY = Way(name="organization", label=_label, page="sso:reauthenticate-organization", is_open_to=_is_open_to)
