"""What the page of a person shows, panel by panel: each app adds what it knows of them, none knows of the others."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.functional import Promise

from accounts.desk import acts
from accounts.desk.acts import Act
from accounts.models import User
from core.desk.permissions import Reach, SitePermission

Text = str | Promise


@dataclass(frozen=True)
class Row:
    """One thing of the person's. `item` is what acts call it, `link` where more about it stands."""

    title: Text
    details: tuple[Text, ...] = ()
    badges: tuple[tuple[Text, str], ...] = ()
    item: str = ""
    acts: tuple[str, ...] = ()
    link: str = ""


@dataclass(frozen=True)
class Panel:
    """`rows` reads what is shown, `link` leads to the list of all of it.

    `within` is for what is not the person's alone: what of it somebody sees whose role is for some organizations only.
    """

    title: Text
    needs: SitePermission
    rows: Callable[[User], Iterable[Row]]
    empty: Text
    within: Callable[[User, Collection[UUID]], Iterable[Row]] | None = None
    link: Callable[[User], str] = lambda user: ""
    order: int = 50


@dataclass(frozen=True)
class ShownRow:
    row: Row
    acts: list[Act] = field(default_factory=list)

    @property
    def details(self) -> str:
        return " · ".join(str(detail) for detail in self.row.details if detail)


@dataclass(frozen=True)
class ShownPanel:
    panel: Panel
    rows: list[ShownRow]
    link: str


_panels: list[Panel] = []


def register(panel: Panel) -> None:
    _panels.append(panel)


def shown(actor: User, user: User) -> Iterator[ShownPanel]:
    """Those that the actor may see, each row with what they may do about it."""
    allowed = _allowed_items(actor, user)
    for panel in sorted(_panels, key=lambda panel: panel.order):
        if held := actor.reach(panel.needs):
            rows = [
                ShownRow(row, [allowed[name] for name in row.acts if name in allowed])
                for row in _rows(panel, user, held)
            ]
            yield ShownPanel(panel, rows, panel.link(user))


def _rows(panel: Panel, user: User, held: Reach) -> Iterable[Row]:
    if held.everywhere or panel.within is None:
        return panel.rows(user)
    return panel.within(user, held.organizations)


def _allowed_items(actor: User, user: User) -> dict[str, Act]:
    found = [act for act in acts.every() if act.of_item and actor.reach(act.needs)]
    return {act.name: act for act in found if acts.may(act, actor, user)}
