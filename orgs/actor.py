"""Who is changing something about an organization: a member of it, or whoever runs the site."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.http import HttpRequest

from accounts.models import User
from core import client
from core.client import Facts


@dataclass(frozen=True)
class Actor:
    """`is_operator` marks what was asked for at the site's own desk, where Django's permissions have decided."""

    user: User | None
    facts: Facts | None = None
    is_operator: bool = False

    @property
    def public_id(self) -> UUID | None:
        return self.user.public_id if self.user else None


def member(request: HttpRequest) -> Actor:
    return Actor(cast(User, request.user), client.facts(request))


def operator(request: HttpRequest) -> Actor:
    return Actor(cast(User, request.user), client.facts(request), is_operator=True)


SHELL = Actor(None, None, is_operator=True)
