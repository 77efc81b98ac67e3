"""What sign-in with providers adds to the pages of one's account."""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.pages import overview
from accounts.pages.overview import Page
from accounts.sign_in import methods
from sso.social import configuration, connections


def register() -> None:
    methods.register("socialaccount", _("a connected account"), is_way_in=True)
    overview.add_page(Page(_("Connected accounts"), "sso:connections", 40, is_shown=_has_page))


def _has_page(user: User) -> bool:
    """Also for a provider that is no longer offered: what one connected, one may see and remove."""
    return bool(configuration.providers()) or connections.has_any(user)
