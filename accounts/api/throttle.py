"""How often the API may be called at all; what guards a secret has limits of its own at its door."""

from django.http import HttpRequest

from accounts.api.caller import Caller
from accounts.api.scopes import Credential
from core import client, ratelimit
from core.requests import READS


def before_stranger(request: HttpRequest) -> None:
    ratelimit.enforce_roughly("api.address", client.network(client.address(request)), on_error="allow")


def before_caller(request: HttpRequest, caller: Caller, endpoint: str, *, only_reads: bool) -> None:
    """Reading is counted per caller, and of a key by itself: one that runs wild leaves the others room.

    A change is counted per endpoint as well, and to the last one.
    """
    ratelimit.enforce_roughly("api.caller", caller.key, on_error="allow")
    if caller.credential is Credential.KEY:
        ratelimit.enforce_roughly("api.key", str(caller.id), on_error="allow")
    if request.method not in READS and not only_reads:
        ratelimit.enforce("api.changes", f"{caller.key} {endpoint}", on_error="allow")
