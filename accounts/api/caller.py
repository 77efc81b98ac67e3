"""Who is calling an endpoint: somebody's sign-in or key, or an organization's service account."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

from accounts.api.scopes import Credential
from accounts.models import User
from accounts.pages.requests import SignedInRequest
from accounts.session.memory import MemorySession


class Service(Protocol):
    """What an endpoint knows of a service account, which is a row of another app."""

    @property
    def public_id(self) -> UUID: ...

    @property
    def name(self) -> str: ...

    @property
    def organization_id(self) -> int: ...

    def scope_now(self) -> frozenset[str]:
        """Read once more, for whoever changes something: it may have lost some or all since the request began."""


@dataclass
class Caller:
    """`id` names the credential in use, `session` is what this sign-in remembers: proofs, and what is half done."""

    credential: Credential
    id: UUID
    scope: frozenset[str]
    user: User | None = None
    service: Service | None = None
    session: SessionBase = field(default_factory=MemorySession)
    # When this credential began.
    since: datetime | None = None

    @property
    def key(self) -> str:
        """What its calls are counted under."""
        return str(self.service.public_id if self.service else self.user.public_id if self.user else self.id)


class ApiRequest(SignedInRequest):
    """What an endpoint gets. `caller` is there once a credential was accepted, and `user` if it is a person's."""

    caller: Caller
    json: Any
