"""Who is at the desk, and what the lists say to them."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.desk import acts
from accounts.models import User
from core import client
from core.desk.permissions import SitePermission


def actor_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def whose(user: User | None, *what: object) -> str:
    """In a question: the person, and which of their things."""
    things = ", ".join(str(part) for part in what if part)
    if user is None:
        return things
    return f"{user.name} ({user.email}): {things}" if user.name else f"{user.email}: {things}"


def end_each(
    desk: Any,
    request: HttpRequest,
    rows: Iterable[Any],
    needs: SitePermission,
    what: str,
    end: Callable[[Any], bool],
) -> None:
    """Of what people have: each of them may be somebody on whom this actor may not act."""
    actor, facts, chosen = actor_of(request), client.facts(request), list(rows)
    ended = sum(acts.allows(actor, row.user, needs, what, facts) and end(row) for row in chosen)
    if ended < len(chosen):
        text = _("Some of them were not yours to end, or had ended already.")
        desk.message_user(request, text, messages.WARNING)
    say(desk, request, ended)


def say(desk: Any, request: HttpRequest, count: int) -> None:
    if count:
        text = ngettext("Done for %(count)d of them.", "Done for %(count)d of them.", count)
        desk.message_user(request, text % {"count": count}, messages.SUCCESS)
