"""The outermost layer of every request: its id, its line in the log, its place in the metrics."""

import functools
import secrets
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponseBase
from prometheus_client import Counter, Histogram
from structlog.contextvars import bind_contextvars, reset_contextvars

from core import client
from core.metrics import REQUEST_SECONDS, REQUESTS

log = structlog.get_logger(__name__)

# Asked for every few seconds by machines: counted, not logged.
QUIET_ROUTES = {"livez", "readyz", "metrics", "static"}
UNKNOWN_METHOD = "OTHER"
# What asks for something and changes nothing.
READS = ("GET", "HEAD")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class RequestMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Always our own: an id sent by the client could be made to look like somebody else's.
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
        started = time.perf_counter()
        known = bind_contextvars(request_id=client.request_id(request), address=client.address(request))
        try:
            response = self.get_response(request)
            # Where a standard asks for it, an endpoint has named the caller's own already.
            response.headers.setdefault("X-Request-Id", client.request_id(request))
            self._account_for(request, response, time.perf_counter() - started)
        finally:
            reset_contextvars(**known)
        return response

    def _account_for(self, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        route = route_of(request)
        method = request.method if request.method in METHODS else UNKNOWN_METHOD
        _counter(method, route, response.status_code).inc()
        _clock(route).observe(seconds)
        if route not in QUIET_ROUTES:
            log.info(
                "request",
                method=method,
                route=route,
                status=response.status_code,
                milliseconds=round(seconds * 1000, 1),
            )


# There are as many as routes; putting the names of labels together costs more than counting.
@functools.cache
def _counter(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, status)


@functools.cache
def _clock(route: str) -> Histogram:
    return REQUEST_SECONDS.labels(route)


def route_of(request: HttpRequest) -> str:
    """The pattern that matched and never the address itself, which may carry a secret."""
    marked = getattr(request, "route", None)
    if isinstance(marked, str):
        return marked
    match = request.resolver_match
    if match is None:
        return "static" if request.path_info.startswith("/static/") else "unmatched"
    return match.view_name or match.route
