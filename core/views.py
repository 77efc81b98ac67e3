"""Pages of the plumbing: the development mailbox, and where browsers report violated policies."""

import json
from collections.abc import Callable
from typing import Any

import structlog
from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from core import client, ratelimit
from core.models import OutboxMessage

# Mail needs inline styles; the sandbox keeps whatever else it may hold from acting.
_mail_policy: Callable[[Any], Any] = csp_replace(
    {"style-src": ["'unsafe-inline'"], "sandbox": ["allow-popups", "allow-top-navigation-by-user-activation"]}
)
log = structlog.get_logger(__name__)

MAILBOX_SIZE = 100
REPORT_FIELDS = (
    "document-uri",
    "violated-directive",
    "effective-directive",
    "blocked-uri",
    "source-file",
    "line-number",
)


@login_not_required
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    mails = OutboxMessage.objects.order_by("-id")[:MAILBOX_SIZE]
    return render(request, "core/mailbox.html", {"mails": mails})


@login_not_required
@require_safe
def mailbox_message(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "core/mailbox_message.html", {"mail": get_object_or_404(OutboxMessage, pk=pk)})


@login_not_required
@require_safe
@_mail_policy
def mailbox_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as a mail program shows it."""
    return HttpResponse(get_object_or_404(OutboxMessage, pk=pk).html)


@csrf_exempt  # Sent by the browser itself, without a form; it changes nothing here.
@login_not_required
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    if ratelimit.hit("csp-report.address", client.address(request), on_error="deny").allowed:
        log.warning("csp_violation", **_reported(request.body))
    return HttpResponse(status=204)


def _reported(body: bytes) -> dict[str, str]:
    try:
        report = json.loads(body)["csp-report"]
        return {name.replace("-", "_"): str(report[name])[:200] for name in REPORT_FIELDS if name in report}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
