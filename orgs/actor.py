"""Who is changing something about an organization: a member of it, a program of its own, or whoever runs the site."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.api.caller import ApiRequest
from accounts.api.scopes import Credential
from accounts.models import User
from accounts.sign_in import reauthentication
from core import client
from core.client import Facts
from orgs import names


@dataclass(frozen=True)
class ServiceActor:
    """A service account at work, whose row is another app's. `scope_now` answers what it may do at that moment."""

    public_id: UUID
    name: str
    organization_id: int
    scope_now: Callable[[], frozenset[str]]


@dataclass(frozen=True)
class Actor:
    """`is_operator` marks what was asked for at the site's own desk, where Django's permissions have decided.

    `scope` is what the program was given through which a person acts; None where there is none in between.
    `is_proved` answers whether they have lately shown that it is still them, for what nobody at a borrowed browser
    must be able to do.
    """

    user: User | None
    facts: Facts | None = None
    is_operator: bool = False
    service: ServiceActor | None = None
    scope: frozenset[str] | None = None
    is_proved: Callable[[], bool] = lambda: True

    @property
    def public_id(self) -> UUID | None:
        return self.user.public_id if self.user else None

    @property
    def service_id(self) -> UUID | None:
        return self.service.public_id if self.service else None

    @property
    def key(self) -> str:
        """What is counted under."""
        return str(self.user.pk if self.user else self.service_id)

    @property
    def name(self) -> str:
        """For those whom it concerns. Operators act for the site; who exactly, is in its log."""
        if self.service is not None:
            return _("the service account %(name)s") % {"name": self.service.name}
        return names.of_person(self.user) if self.user and not self.is_operator else ""


def member(request: HttpRequest) -> Actor:
    return Actor(
        cast(User, request.user),
        client.facts(request),
        is_proved=partial(reauthentication.is_proved, request),
    )


def program(request: ApiRequest) -> Actor:
    """Whoever calls an endpoint: a person by a credential of theirs, or a service account."""
    caller = request.caller
    if caller.service is None:
        proved = partial(is_proved, request)
        return Actor(caller.user, client.facts(request), scope=caller.scope, is_proved=proved)
    service = caller.service
    own = ServiceActor(
        public_id=service.public_id,
        name=service.name,
        organization_id=service.organization_id,
        scope_now=lambda: caller.scope & service.scope_now(),
    )
    return Actor(None, client.facts(request), service=own)


def is_proved(request: HttpRequest) -> bool:
    """Of a key or a service account nobody can ask it: who may not do this with one is not given the scope."""
    caller = getattr(request, "caller", None)
    at_sign_in = caller is None or caller.credential is Credential.SIGN_IN
    return not at_sign_in or reauthentication.is_proved(request)


def operator(request: HttpRequest) -> Actor:
    return Actor(cast(User, request.user), client.facts(request), is_operator=True)


SHELL = Actor(None, None, is_operator=True)
