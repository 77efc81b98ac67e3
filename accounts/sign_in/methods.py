"""How people prove who they are, in words. The names are those in a session's record; each app adds its own."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_labels: dict[str, str | Promise] = {"password": _("password")}
# Those that somebody can begin a sign-in with; the others come second.
_ways_in = {"password"}


def register(name: str, label: str | Promise, *, is_way_in: bool) -> None:
    _labels[name] = label
    if is_way_in:
        _ways_in.add(name)


def ways_in() -> list[tuple[str, str | Promise]]:
    return [(name, label) for name, label in _labels.items() if name in _ways_in]


def label(name: str) -> str:
    return str(_labels.get(name, name))


def in_words(names: Iterable[str]) -> str:
    return ", ".join(label(name) for name in names)


def spelled(names: Iterable[str]) -> str:
    """As a row keeps them: each once, in the order of use."""
    return " ".join(dict.fromkeys(names))[:100]
