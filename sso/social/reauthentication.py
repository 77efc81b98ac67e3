"""Signing in once more at a connected provider, for whoever has to show that it is still them."""

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.sign_in.reauthentication import Way
from sso.social import connections


def _label(user: User) -> str:
    names = [provider.name for provider in connections.usable(user)]
    return _("Sign in again with %(providers)s") % {"providers": _(" or ").join(names)}


def _is_open_to(user: User) -> bool:
    return bool(connections.usable(user))


WAY = Way(name="provider", label=_label, page="sso:reauthenticate", is_open_to=_is_open_to)
