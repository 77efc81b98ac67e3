"""How often the API may be called at all; what guards a secret has limits of its own at its door."""

from django.http import HttpRequest

from core import client, ratelimit

READS = ("GET", "HEAD")


def before_stranger(request: HttpRequest) -> None:
    ratelimit.enforce_roughly("api.address", client.network(client.address(request)), on_error="allow")


def before_caller(request: HttpRequest, caller: str, endpoint: str, *, only_reads: bool) -> None:
    """Reading is counted per caller; a change also per endpoint, and to the last one."""
    ratelimit.enforce_roughly("api.caller", caller, on_error="allow")
    if request.method not in READS and not only_reads:
        ratelimit.enforce("api.changes", f"{caller} {endpoint}", on_error="allow")
