"""Failures as people and programs see them: a page with a reference, or problem+json (RFC 9457).

Problem              a failure with a status, a stable code and a text for its reader
├── BadInput         400  the request cannot be understood
├── NotInThisWay     405  a form's address, opened as a page
├── TooLarge         413  the request body is over the limit
├── TooMany          429  try again after a while
└── Unavailable      503  something the site needs is away
"""

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, Self

import structlog
from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, InternalError, OperationalError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    JsonResponse,
)
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from core import client, ratelimit, redirects
from core.ratelimit import RateLimited
from core.signals import request_refused

log = structlog.get_logger(__name__)

RETRY_AFTER_OUTAGE = 5
# What the database raises when it is away, too slow, out of connections, or read-only after a failover.
OUTAGES = (OperationalError, InterfaceError, InternalError)
# What stands under it is asked by programs, and answers nothing else.
API_PREFIX = "/api/"
PROBLEM_TYPE = "application/problem+json"
JSON_TYPE = re.compile(r"application/(problem\+)?json\b")


class Problem(Exception):
    status = 500
    code = "internal"
    title: str | Promise = _("Something went wrong")
    detail: str | Promise = _("The mistake is ours. It has been written down; please try again in a while.")
    retry_after: int | None = None
    # More for programs: headers, and members of the answer beside the standard ones.
    headers: Mapping[str, str] = {}
    members: Mapping[str, Any] = {}
    # Where a reader can go on: a page of this site.
    again = ""

    def __init__(self, detail: str | Promise | None = None) -> None:
        super().__init__(self.code)
        if detail is not None:
            self.detail = detail

    @classmethod
    def example(cls) -> Self:
        """One as it could happen, for the documentation."""
        return cls()

    def body(self, reference: str) -> dict[str, Any]:
        return {
            "type": "about:blank",
            "title": str(self.title),
            "status": self.status,
            "detail": str(self.detail),
            "code": self.code,
            "reference": reference,
            **self.members,
        }

    def all_headers(self) -> dict[str, str]:
        after = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return {**after, **self.headers}


class BadInput(Problem):
    status = 400
    code = "bad_input"
    title = _("This request cannot be understood")
    detail = _("Part of what was sent is not valid. Go back, reload the page and try again.")

    @classmethod
    def example(cls) -> Self:
        """Of a program; what says more than this has words of its own."""
        return cls(_("The body is not valid JSON, or names something twice.")) if cls is BadInput else cls()


class NotSecure(BadInput):
    code = "https_required"
    detail = _(
        "Use the address that begins with https://. Others may have read what was sent: replace what was secret."
    )


class Forbidden(Problem):
    status = 403
    code = "forbidden"
    title = _("This is not yours to open")
    detail = _("Your account does not have permission for this page.")


class CsrfFailed(Forbidden):
    code = "csrf"
    title = _("This form is out of date")
    detail = _(
        "The page was open for too long, or cookies are blocked. Go back, reload the page and try again."
    )


class Missing(Problem):
    status = 404
    code = "not_found"
    title = _("There is nothing here")
    detail = _("The address may be mistyped, or what was here is gone.")


class NotInThisWay(Problem):
    status = 405
    code = "method_not_allowed"
    title = _("This address takes a form only")
    detail = _("Go back to the page with the form, and send it from there.")

    def __init__(self, allowed: str) -> None:
        super().__init__()
        self.headers = {"Allow": allowed}

    @classmethod
    def example(cls) -> Self:
        return cls("GET, POST")


class TooLarge(Problem):
    status = 413
    code = "too_large"
    title = _("That is too much at once")
    detail = _("What was sent is larger than this site accepts.")


class TooMany(Problem):
    status = 429
    code = "too_many"
    title = _("Please wait a moment")

    def __init__(self, retry_after: int) -> None:
        minutes = -(-retry_after // 60)
        super().__init__(
            ngettext_lazy(
                "That was tried too often. Please try again in %d minute.",
                "That was tried too often. Please try again in %d minutes.",
                minutes,
            )
            % minutes
        )
        self.retry_after = retry_after

    @classmethod
    def example(cls) -> Self:
        return cls(60)


class Unavailable(Problem):
    status = 503
    code = "unavailable"
    title = _("We will be right back")
    detail = _(
        "The site cannot answer at the moment. Nothing was changed; please try again in a few seconds."
    )
    retry_after = RETRY_AFTER_OUTAGE


def explained(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Django's answer to another method than a view takes says nothing, and shows an empty page."""
    if isinstance(response, HttpResponseNotAllowed) and not response.content:
        return respond(request, NotInThisWay(response["Allow"]))
    return response


class ErrorMiddleware:
    """Turns what a view raises into its answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return explained(request, self.get_response(request))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        problem = problem_of(error)
        if isinstance(error, RateLimited) and error.is_first:
            _leave_evidence(request, kind="limit", detail=error.purpose)
        # What nobody foresaw goes on to Django, which logs it and comes back through server_error().
        return None if type(problem) is Problem else respond(request, problem)


def problem_of(error: BaseException | None) -> Problem:
    """The answer an exception deserves; whatever is not named here is a mistake of ours."""
    match error:
        case Problem():
            return error
        case RateLimited():
            return TooMany(error.retry_after)
        case _ if isinstance(error, OUTAGES):
            log.error("database_unavailable", error=str(error).partition("\n")[0])
            return Unavailable()
        case RequestDataTooBig():
            return TooLarge()
        case PermissionDenied():
            return Forbidden()
        case Http404():
            return Missing()
        case SuspiciousOperation() | BadRequest() | UnicodeError():
            return BadInput()
    return Problem()


def respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    reference = client.request_id(request)
    response: HttpResponse
    if wants_json(request):
        body = problem.body(reference)
        response = JsonResponse(body, status=problem.status, content_type=PROBLEM_TYPE)
    else:
        # Rendered without the request: the session or the database may be what failed.
        page = render_to_string("errors/problem.html", {"problem": problem, "reference": reference})
        response = HttpResponse(page, status=problem.status)
        # For whoever has to say something more on every page.
        vars(response)["problem"] = problem
    for name, value in problem.all_headers().items():
        response[name] = value
    return response


def wants_json(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    return request.path_info.startswith(API_PREFIX) or (
        JSON_TYPE.search(accepted) is not None and "text/html" not in accepted
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DisallowedHost):
        _leave_evidence(request, kind="host", detail=request.META.get("HTTP_HOST", "")[:100])
    return respond(request, problem_of(exception))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return respond(request, Forbidden())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return respond(request, Missing())


def server_error(request: HttpRequest) -> HttpResponse:
    """Reached from inside an `except` block of Django's, also for what a middleware raised."""
    return respond(request, problem_of(sys.exception()))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    log.warning("csrf_refused", reason=reason)
    _leave_evidence(request, kind="csrf", detail=reason)
    problem = CsrfFailed()
    problem.again = redirects.page_of(request)
    return respond(request, problem)


def _leave_evidence(request: HttpRequest, *, kind: str, detail: str) -> None:
    if ratelimit.leaves_evidence(client.address(request)):
        request_refused.send(sender=HttpRequest, request=request, kind=kind, detail=detail)
