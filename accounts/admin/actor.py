"""Who is at the desk, and what the lists say to them."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import ngettext

from accounts.models import User


def actor_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def say(desk: Any, request: HttpRequest, count: int) -> None:
    if count:
        text = ngettext("Done for %(count)d of them.", "Done for %(count)d of them.", count)
        desk.message_user(request, text % {"count": count}, messages.SUCCESS)
