"""Puts the person in the place of the administrator, on the pages that are listed, and nowhere else."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.impersonation import flow
from accounts.models import Impersonation, User
from audit import log
from audit.actions import Action, Outcome
from core import client, errors
from core.requests import READS

# In the session of the administrator: which row says in whose place they act.
PLACE = "impersonation"
END = "accounts:end-impersonation"
# What they see in the person's place. What is not listed is refused: factors, passwords, addresses, keys, connected
# accounts, privacy, and whatever comes to the site later.
SEEN = frozenset(
    {
        "accounts:home",
        "accounts:profile",
        "accounts:activity",
        "accounts:sessions",
        "orgs:brand",
        "orgs:index",
        "orgs:overview",
        "orgs:members",
        "orgs:teams",
    }
)
# What they can do there.
DONE = frozenset({"accounts:profile"})
# What is nobody's in particular stays the administrator's own: texts for scripts, pictures, reports.
IMPERSONAL = frozenset({"core:favicon", "core:csp-report", "accounts:choose-language", "welcome", END})


class NotInTheirPlace(errors.Problem):
    status = 403
    code = "not_in_their_place"
    title = gettext_lazy("Not in somebody else's place")
    detail = gettext_lazy("While you act in somebody's place, this page is closed. Stop doing so first.")


class ImpersonationMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        vars(request)["impersonation"] = None
        if PLACE not in request.session:
            return self.get_response(request)
        try:
            row = self._place(request)
        except errors.OUTAGES as error:
            return errors.respond(request, errors.problem_of(error))
        if row is None:
            messages.info(request, _("You no longer act in somebody else's place."))
            return redirect("admin:index")
        vars(request)["impersonation"] = row
        with log.in_place_of(row.user.public_id, actor=row.actor.public_id):
            return _under_the_banner(request, self.get_response(request))

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        row: Impersonation | None = vars(request).get("impersonation")
        match = request.resolver_match
        if row is None or match is None or "admin" in match.app_names or match.view_name in IMPERSONAL:
            return None
        if match.view_name == "account_logout":
            return redirect("accounts:home") if request.method != "POST" else end(request)
        if match.view_name not in (SEEN if request.method in READS else DONE):
            return self._refuse(request, row, match.view_name)
        request.user = row.user
        return None

    def _place(self, request: HttpRequest) -> Impersonation | None:
        actor = get_user(request)
        row = flow.begun_by(actor, request.session[PLACE]) if isinstance(actor, User) else None
        if row is not None and flow.still_holds(row):
            return row
        if row is not None:
            flow.end(row, facts=client.facts(request))
        leave(request)
        return None

    def _refuse(self, request: HttpRequest, row: Impersonation, name: str) -> HttpResponseBase:
        if request.method not in READS:
            log.record(
                Action.DESK_REFUSE,
                actor=row.actor.public_id,
                person=row.user.public_id,
                outcome=Outcome.REFUSED,
                facts=client.facts(request),
                data={"act": "impersonate", "page": name},
            )
        return errors.respond(request, NotInTheirPlace())


def end(request: HttpRequest) -> HttpResponseBase:
    row: Impersonation | None = vars(request).get("impersonation")
    if row is None:
        return redirect("accounts:home")
    flow.end(row, facts=client.facts(request))
    leave(request)
    return redirect("admin:accounts_user_change", row.user.pk)


def enter(request: HttpRequest, row: Impersonation) -> None:
    """A form that another tab still shows was filled in for somebody else: it is out of date, now and at the end."""
    request.session[PLACE] = row.pk
    rotate_token(request)


def leave(request: HttpRequest) -> None:
    del request.session[PLACE]
    rotate_token(request)


def offers(request: HttpRequest, url_name: str) -> bool:
    """Whether a menu leads there: in somebody's place, not to what is refused."""
    return vars(request).get("impersonation") is None or url_name in SEEN


def context(request: HttpRequest) -> dict[str, Any]:
    """For the banner, which stands on every page as long as it lasts."""
    return {"impersonation": vars(request).get("impersonation")}


def _under_the_banner(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Pages that say what went wrong know nothing of the request; after an outage they stay as they are."""
    problem: errors.Problem | None = vars(response).get("problem")
    if isinstance(response, HttpResponse) and problem is not None and problem.status < 500:
        said = {"problem": problem, "reference": client.request_id(request)}
        response.content = render_to_string("errors/problem_in_place.html", said, request)
    return response
