"""For orchestrators and Prometheus. A layer of its own: probes arrive under any host name and need no session."""

import hmac
import os
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from redis.exceptions import RedisError

from core.outbox.broker import ping as ping_broker
from core.redis import client
from core.requests import READS

NOT_READY_RETRY = "5"


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.views = {"/livez": livez, "/readyz": readyz, "/metrics": metrics}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = self.views.get(request.path_info)
        if view is None or request.method not in READS:
            return self.get_response(request)
        request.route = request.path_info.strip("/")  # type: ignore[attr-defined]
        return view(request)


def livez(request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is asked, or a database outage would restart every process."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """Whether to send people here: not without the database or its migrations; less Redis or broker, degraded."""
    checks = {"database": _database(), "redis": _redis(), "broker": ping_broker()}
    ready = checks["database"] == "ok"
    status = "ok" if all(value in ("ok", "unused") for value in checks.values()) else "degraded"
    response = JsonResponse(
        {"status": status if ready else "unavailable", "checks": checks}, status=200 if ready else 503
    )
    if not ready:
        response["Retry-After"] = NOT_READY_RETRY
    return response


def metrics(request: HttpRequest) -> HttpResponse:
    """Not public: it tells how many people sign in, and when."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), expected.encode()):
        return HttpResponse("Not found.", status=404, content_type="text/plain")
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


_migrated = False


def _database() -> str:
    global _migrated  # noqa: PLW0603 - migrations are never undone under a running process
    try:
        if not _migrated:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "migrations missing"
            _migrated = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unavailable"
    return "ok"


def _redis() -> str:
    if not settings.REDIS_URL:
        return "unused"
    redis = client()
    try:
        if redis is not None and redis.ping():
            return "ok"
    except RedisError:
        pass
    return "unavailable"
