"""How people prove who they are, in words. The names are those in a session's record; each app adds its own."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_labels: dict[str, str | Promise] = {"password": _("password")}
# Those that somebody can begin a sign-in with; the others come second.
_ways_in = {"password"}
# Where one of these begins, if not on the sign-in page itself: a URL name.
_pages: dict[str, str] = {}


def register(name: str, label: str | Promise, *, is_way_in: bool, page: str = "") -> None:
    _labels[name] = label
    if page:
        _pages[name] = page
    if is_way_in:
        _ways_in.add(name)


def ways_in() -> list[tuple[str, str | Promise]]:
    return [(name, label) for name, label in _labels.items() if name in _ways_in]


def every() -> list[tuple[str, str | Promise]]:
    return list(_labels.items())


def label(name: str) -> str:
    return str(_labels.get(name, name))


def pages(names: Iterable[str]) -> list[str]:
    """Of those among them that begin on a page of their own."""
    return [_pages[name] for name in names if name in _pages]


def in_words(names: Iterable[str]) -> str:
    return ", ".join(label(name) for name in names)


def spelled(names: Iterable[str]) -> str:
    """As a row keeps them: each once, in the order of use."""
    return " ".join(dict.fromkeys(names))[:100]
