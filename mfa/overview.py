"""What the second factors add to the pages of one's account, and to the ways of showing that it is still oneself."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from accounts.pages import overview
from accounts.pages.overview import Page, ToDo
from accounts.sign_in import methods, reauthentication
from accounts.sign_in.reauthentication import Way
from mfa.factors import authenticator, passkeys, recovery, registry

PAGE = Page(gettext_lazy("Two-step sign-in"), "mfa:factors", 35)


def register() -> None:
    methods.register(passkeys.METHOD, gettext_lazy("passkey"), is_way_in=True)
    methods.register(authenticator.METHOD, gettext_lazy("authenticator app"), is_way_in=False)
    methods.register(recovery.METHOD, gettext_lazy("recovery code"), is_way_in=False)
    overview.add_page(PAGE)
    overview.add_reminders(reminders)
    reauthentication.register(
        Way(name="second-factor", label=_label, page="mfa:prove", is_open_to=registry.protects)
    )


def reminders(user: User) -> Iterator[ToDo]:
    if not registry.protects(user):
        text = _("One step is all that keeps others out. A second one, on your phone, stops them.")
        yield ToDo(text, _("Set it up"), PAGE.url_name, urgency=1)
        return
    left = recovery.left(user).count()
    if left <= recovery.FEW:
        text = ngettext("%(count)d recovery code is left.", "%(count)d recovery codes are left.", left)
        yield ToDo(text % {"count": left}, _("Get new ones"), PAGE.url_name, urgency=5)


def _label(user: User) -> str:
    return _("Confirm with your second step")
