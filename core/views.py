"""What browsers do by themselves: report violated policies, and look for an icon."""

import json

import structlog
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from core import client, ratelimit

log = structlog.get_logger(__name__)

REPORT_FIELDS = (
    "document-uri",
    "violated-directive",
    "effective-directive",
    "blocked-uri",
    "source-file",
    "line-number",
)


@csrf_exempt  # Sent by the browser itself, without a form; it changes nothing here.
@login_not_required
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    if ratelimit.hit("csp-report.address", client.address(request), on_error="deny").allowed:
        log.warning("csp_violation", **_reported(request))
    return HttpResponse(status=204)


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For pages that name none, such as those of the admin site."""
    return redirect(static("img/mark.svg"))


def _reported(request: HttpRequest) -> dict[str, str]:
    try:
        report = json.loads(request.body)["csp-report"]
        return {name.replace("-", "_"): str(report[name])[:200] for name in REPORT_FIELDS if name in report}
    except (ValueError, TypeError, KeyError, RecursionError, RawPostDataException):
        # The last one: it was sent as a form with files, which is no report, and has been read already.
        return {}
