"""What the account home shows and where it leads: each app adds its own, none knows of the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise

from accounts.models import User

Text = str | Promise


@dataclass(frozen=True)
class Page:
    """An entry of the menu of one's account; `is_shown` keeps out what this site or person does not have."""

    title: Text
    url_name: str
    order: int
    is_shown: Callable[[User], bool] = lambda user: True


@dataclass(frozen=True)
class ToDo:
    """Something the person could do for the safety of the account; the more urgent, the higher it stands."""

    text: Text
    action: Text
    url_name: str
    urgency: int = 0


_pages: list[Page] = []
_reminders: list[Callable[[User], Iterator[ToDo]]] = []


def add_page(page: Page) -> None:
    _pages.append(page)


def add_reminders(look: Callable[[User], Iterator[ToDo]]) -> None:
    _reminders.append(look)


def pages_of(user: User) -> list[Page]:
    return sorted((page for page in _pages if page.is_shown(user)), key=lambda page: page.order)


def to_do(user: User) -> list[ToDo]:
    found = [item for look in _reminders for item in look(user)]
    return sorted(found, key=lambda item: -item.urgency)
