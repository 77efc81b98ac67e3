"""How lengths of time, and what the log keeps of a change, read on a page."""

from datetime import timedelta

from django.utils.dateparse import parse_datetime, parse_duration
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.sign_in import methods
from orgs.models import Policy
from orgs.permissions import BuiltIn, Permission

FIELDS: dict[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "website": gettext_lazy("Website"),
    "support_email": gettext_lazy("Address for questions"),
    "accent": gettext_lazy("Colour"),
    "roles": gettext_lazy("Roles"),
    "permissions": gettext_lazy("May"),
    "makes_admin": gettext_lazy("Its members are admins"),
    "ways": gettext_lazy("Ways to sign in"),
    "second_factor": gettext_lazy("Second step required"),
    "second_factor_for": gettext_lazy("Required of"),
    "second_factor_from": gettext_lazy("Required from"),
    "session_idle": gettext_lazy("Longest pause"),
    "session_absolute": gettext_lazy("Longest session"),
    "inviters": gettext_lazy("Who may invite"),
    "domains": gettext_lazy("Allowed domains"),
}
NOTHING = {"", "None"}
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def duration(span: timedelta) -> str:
    """In the largest unit of which it is a whole number, which is how somebody has set it."""
    if span % DAY == timedelta():
        return ngettext("%(count)d day", "%(count)d days", span // DAY) % {"count": span // DAY}
    if span % HOUR == timedelta():
        return ngettext("%(count)d hour", "%(count)d hours", span // HOUR) % {"count": span // HOUR}
    return ngettext("%(count)d minute", "%(count)d minutes", span // MINUTE) % {"count": span // MINUTE}


def field(name: str) -> str:
    return str(FIELDS.get(name, name))


def value(text: str, name: str) -> str:
    """As it was, when it is none of what we know: the log may be older than this code."""
    if name == "name" and text:
        return text
    if text in NOTHING:
        return _("nothing")
    if text in ("True", "False"):
        return _("yes") if text == "True" else _("no")
    if name in ("second_factor_from", "session_idle", "session_absolute"):
        return _time(text) or text
    known: dict[str, str] = {}
    if name == "inviters":
        known = {inviters.value: str(inviters.label) for inviters in Policy.Inviters}
    elif name == "second_factor_for":
        known = {audience.value: str(audience.label) for audience in Policy.Audience}
    elif name == "permissions":
        known = {permission.value: str(permission.label) for permission in Permission}
    elif name == "roles":
        known = {role.value: str(role.label) for role in BuiltIn}
    elif name == "ways":
        known = {way: str(label) for way, label in methods.ways_in()}
    return ", ".join(known.get(part, part) for part in text.split(", "))


def _time(text: str) -> str | None:
    if span := parse_duration(text):
        return duration(span)
    at = parse_datetime(text)
    return date_format(at) if at else None
