"""What the sign-in of a program remembers between requests; read only where somebody asks for it."""

from typing import Any
from uuid import UUID

from accounts.session.memory import MemorySession
from accounts.sign_in.allauth_compat import METHODS_KEY
from accounts.sign_in.methods import spelled
from tokens.models import Family


class FamilySession(MemorySession):
    def __init__(self, *, pk: int, public_id: UUID) -> None:
        super().__init__()
        # Without a content, and with a key, Django's base class asks `load` for it once it is needed.
        del self._session_cache
        self._session_key = str(public_id)
        self.pk = pk

    def load(self) -> dict[str, Any]:
        found = Family.objects.filter(pk=self.pk, ended_at=None).values_list("state", flat=True).first()
        return found or {}

    def save(self, must_create: bool = False) -> None:
        """What has ended meanwhile stays ended."""
        state = dict(self.items())
        alive = Family.objects.filter(pk=self.pk, ended_at=None)
        used = spelled(str(record["method"]) for record in state.get(METHODS_KEY, []))
        alive.update(state=state, methods=used)
