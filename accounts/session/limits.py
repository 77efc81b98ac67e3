"""How soon somebody's sessions end: the site's settings, unless something about the person asks for less.

Each app registers what it knows of a person; of all answers the strictest counts.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Least
from django.http import HttpRequest

from accounts.models import Session, User


class Limits(NamedTuple):
    """None: no opinion."""

    idle: timedelta | None = None
    absolute: timedelta | None = None


NO_LIMITS = Limits()
Look = Callable[[User, HttpRequest], Limits]

Shorten = Callable[[QuerySet[User], Limits], None]

_kinds: list[Look] = []
_shortened: list[Shorten] = []


def register(look: Look) -> None:
    """`look` is asked when a session begins; the request lets it use again what an earlier stage has read."""
    _kinds.append(look)


def register_sign_ins(shorten: Shorten) -> None:
    """For sign-ins that are no sessions, which the same rules shall end as soon."""
    _shortened.append(shorten)


def of(user: User, request: HttpRequest) -> Limits:
    found = [look(user, request) for look in _kinds]
    return Limits(
        idle=shortest(*(limits.idle for limits in found)),
        absolute=shortest(*(limits.absolute for limits in found)),
    )


def shorten(users: QuerySet[User], limits: Limits) -> None:
    """For sessions that are there already. An end only ever comes nearer: LEAST takes no notice of what is null."""
    for others in _shortened:
        others(users, limits)
    idle, absolute = limits
    sessions = Session.objects.filter(user__in=users)
    if idle is not None:
        sessions.update(
            idle_limit=Least(F("idle_limit"), Value(idle)),
            expire_date=Least(F("expire_date"), F("last_seen_at") + Value(idle)),
        )
    if absolute is not None:
        sessions.update(
            absolute_limit=Least(F("absolute_limit"), Value(absolute)),
            expire_date=Least(F("expire_date"), F("created_at") + Value(absolute)),
        )


def shortest(*spans: timedelta | None) -> timedelta | None:
    return min((span for span in spans if span is not None), default=None)
