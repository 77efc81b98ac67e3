"""What can be done to a person at the desk. Each app registers its own; pages, lists and jobs carry them out alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import Promise

from accounts.desk import reach
from accounts.desk.errors import AboveYourself, DeskProblem, NotNow, NotYourself
from accounts.models import User
from audit import log
from audit.actions import Action, Outcome
from core import errors
from core.client import Facts
from core.desk.permissions import SitePermission

Text = str | Promise


@dataclass(frozen=True)
class Order:
    """`item` names one of the person's things, where the act is about one; `answers` are those to the act's form."""

    user: User
    actor: User
    facts: Facts
    reason: str = ""
    item: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    # Of whoever does it on a page; there is none where a worker does it.
    request: HttpRequest | None = None


def of_active(user: User) -> bool:
    """For acts that make no sense for an account that is disabled."""
    return bool(user.is_active)


@dataclass(frozen=True)
class Act:
    """`do` answers what was done, in a sentence, or with a file; what it cannot do, it raises."""

    name: str
    label: Text
    explains: Text
    needs: SitePermission
    do: Callable[[Order], Text | HttpResponseBase]
    applies: Callable[[User], bool] = lambda user: True
    asks_reason: bool = False
    is_dangerous: bool = False
    # Whether it makes sense for thousands, and whether for one.
    in_bulk: bool = False
    on_page: bool = True
    # Whether only owners of the site may do it.
    for_owners: bool = False
    # Whether somebody may do it to themselves.
    to_oneself: bool = False
    # Whether it is about one of the person's things, beside which it stands.
    of_item: bool = False
    form: type[forms.Form] | None = None
    # A URL name: where it goes on, if not on the page of the person.
    leads_to: str = ""
    order: int = 50


_acts: dict[str, Act] = {}


def register(act: Act) -> None:
    _acts[act.name] = act


def every() -> list[Act]:
    return sorted(_acts.values(), key=lambda act: act.order)


def find(name: str) -> Act | None:
    return _acts.get(name)


def named(name: str) -> Act:
    return _acts[name]


def for_many(actor: User) -> list[Act]:
    """What the actor may have done to many people at once."""
    if not actor.reach(SitePermission.PEOPLE_BULK).everywhere:
        return []
    return [act for act in every() if act.in_bulk and actor.reach(act.needs).everywhere]


def offered(actor: User, user: User) -> list[Act]:
    """What the actor may do to this person now."""
    found = [act for act in every() if act.on_page and not act.of_item and actor.reach(act.needs)]
    return [act for act in found if act.applies(user) and may(act, actor, user)]


def may(act: Act, actor: User, user: User) -> bool:
    try:
        require(act, actor, user)
    except DeskProblem:
        return False
    return True


def require(act: Act, actor: User, user: User) -> None:
    if actor.pk == user.pk and not act.to_oneself:
        raise NotYourself
    if act.for_owners and not actor.is_superuser:
        raise AboveYourself
    reach.require(actor, user, act.needs)


def carry_out(act: Act, order: Order) -> Text | HttpResponseBase:
    """A refusal leaves evidence before it is raised; the caller has no transaction open that would take it back."""
    try:
        return attempt(act, order)
    except DeskProblem as refusal:
        note(refusal, act.name, order.actor, order.facts, user=order.user)
        raise


def attempt(act: Act, order: Order) -> Text | HttpResponseBase:
    """Whoever calls this leaves the evidence of a refusal."""
    require(act, order.actor, order.user)
    if not act.applies(order.user):
        raise NotNow
    return act.do(order)


def allows(actor: User, user: User, needs: SitePermission, what: str, facts: Facts) -> bool:
    """For lists of what people have: whether the actor may end this person's. Their own they may; a no is noted."""
    try:
        reach.require(actor, user, needs)
    except DeskProblem as refusal:
        note(refusal, what, actor, facts, user=user)
        return False
    return True


def note(refusal: errors.Problem, what: str, actor: User, facts: Facts, *, user: User | None = None) -> None:
    """Evidence of what somebody at the desk tried to do."""
    log.record(
        Action.DESK_REFUSE,
        actor=actor.public_id,
        person=user.public_id if user else None,
        outcome=Outcome.REFUSED,
        facts=facts,
        data={"act": what, "reason": refusal.code},
    )
