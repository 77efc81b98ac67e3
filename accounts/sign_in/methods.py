"""How people prove who they are, in words. The names are those in a session's record; each app adds its own."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_labels: dict[str, str | Promise] = {"password": _("password")}


def register(name: str, label: str | Promise) -> None:
    _labels[name] = label


def label(name: str) -> str:
    return str(_labels.get(name, name))
