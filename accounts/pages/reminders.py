"""What this app puts on the account home: its pages, and what there may be to do."""

from collections.abc import Iterator

from allauth.account.models import EmailAddress
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.pages import overview
from accounts.pages.overview import Page, ToDo
from accounts.sign_in import lockout

PAGES = [
    Page(_("Overview"), "accounts:home", 0),
    Page(_("Profile"), "accounts:profile", 10),
    Page(_("Addresses"), "accounts:addresses", 20),
    Page(_("Password"), "account_change_password", 30),
    Page(_("Sessions"), "accounts:sessions", 60),
    Page(_("Activity"), "accounts:activity", 70),
]


def register() -> None:
    for page in PAGES:
        overview.add_page(page)
    overview.add_reminders(of_addresses)


def of_addresses(user: User) -> Iterator[ToDo]:
    addresses = list(EmailAddress.objects.filter(user=user))
    waiting = sum(not address.verified for address in addresses)
    if waiting:
        text = ngettext(
            "%(count)d address is not confirmed yet.", "%(count)d addresses are not confirmed yet.", waiting
        )
        yield ToDo(text % {"count": waiting}, _("Confirm"), "accounts:addresses")
    proved = {address.email for address in addresses if address.verified}
    if lockout.locks_on({user.email, *proved}):
        yield ToDo(
            _("Somebody has just typed wrong passwords for this account several times."),
            _("See what happened"),
            "accounts:activity",
            urgency=10,
        )
