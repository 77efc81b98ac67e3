"""What the second factors add to the pages of one's account, and to the ways of showing that it is still oneself."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from accounts.pages import overview
from accounts.pages.overview import Page, ToDo
from accounts.sign_in import methods, reauthentication
from accounts.sign_in.reauthentication import Way
from mfa import enrolment, requirement
from mfa.factors import authenticator, passkeys, recovery, registry
from mfa.flows import passwordless
from mfa.requirement import Requirement

PAGE = Page(gettext_lazy("Two-step sign-in"), "mfa:factors", 35)


def register() -> None:
    methods.register(passkeys.METHOD, gettext_lazy("passkey"), is_way_in=True)
    methods.register(authenticator.METHOD, gettext_lazy("authenticator app"), is_way_in=False)
    methods.register(recovery.METHOD, gettext_lazy("recovery code"), is_way_in=False)
    enrolment.register(
        enrolment.Way(
            offer=passkeys.set_up,
            hint=passkeys.advice,
            while_signing_in="mfa:enrol-passkey",
            signed_in="mfa:add-passkey",
        )
    )
    enrolment.register(
        enrolment.Way(
            offer=authenticator.set_up,
            hint=authenticator.advice,
            while_signing_in="mfa:enrol-app",
            signed_in="mfa:add-app",
        )
    )
    overview.add_page(PAGE)
    overview.add_reminders(reminders)
    reauthentication.register(
        Way(name="second-factor", label=_label, page="mfa:prove", is_open_to=registry.protects)
    )


def reminders(user: User) -> Iterator[ToDo]:
    counted = registry.counts(user)
    if not registry.among(counted):
        required = requirement.of(user)
        if required is not None:
            yield ToDo(_deadline(required), _("Set it up"), PAGE.url_name, urgency=20)
            return
        text = _("One step is all that keeps others out. A second one, on your phone, stops them.")
        yield ToDo(text, _("Set it up"), PAGE.url_name, urgency=1)
        return
    left = counted.get(recovery.NAME, 0)
    if left <= recovery.FEW:
        text = ngettext("%(count)d recovery code is left.", "%(count)d recovery codes are left.", left)
        yield ToDo(text % {"count": left}, _("Get new ones"), PAGE.url_name, urgency=5)
    if passkeys.NAME in counted and passwordless.is_possible(user):
        text = _("Your passkeys are enough: you could do without a password.")
        yield ToDo(text, _("See how"), "mfa:passwordless")


def _deadline(required: Requirement) -> str:
    if not required.organization:
        return _("Who works at the desk of this site has to have a second step.")
    if required.since is None or required.is_due:
        return _("%(name)s asks its people for a second step.") % {"name": required.organization}
    return _("%(name)s asks its people for a second step from %(day)s on.") % {
        "name": required.organization,
        "day": date_format(timezone.localtime(required.since)),
    }


def _label(user: User) -> str:
    return _("Confirm with your second step")
