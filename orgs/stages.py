"""The stage of a sign-in that this app offers; settings.SIGN_IN_STAGES puts it in its place."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.sign_in import programs
from accounts.sign_in.allauth_compat import LoginStage
from audit import log
from audit.actions import Action, Outcome
from core import client
from orgs import rules
from orgs.errors import SignInMethodRefused
from orgs.models import Policy

# In the session of whoever was refused: the organizations that ask for another way.
REFUSED_BY = "organizations_refused_by"


def register() -> None:
    programs.demands(OrganizationRulesStage.key, lambda request, login: _demand(request))


class OrganizationRulesStage(LoginStage):  # type: ignore[misc]
    """Lets nobody in by a way that an organization of theirs does not take."""

    key = "organization_rules"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is None:
            return None, True
        refusing = rules.unmet(user, self.request)
        if not refusing:
            self.request.session.pop(REFUSED_BY, None)
            return None, True
        log.record(
            Action.SIGN_IN_REFUSE,
            person=user.public_id,
            organization=refusing[0].organization.public_id,
            outcome=Outcome.REFUSED,
            facts=client.facts(self.request),
            data={"reason": "organization-rules"},
        )
        self.request.session[REFUSED_BY] = [policy.organization_id for policy in refusing]
        return redirect("orgs:other-way"), False


def refused_by(request: HttpRequest) -> list[Policy]:
    """Whose rules did not let this visitor in by the way they came."""
    refusing = request.session.get(REFUSED_BY, [])
    rows = Policy.across_organizations.filter(organization__in=refusing).select_related("organization")
    return list(rows) if refusing else []


def _demand(request: HttpRequest) -> SignInMethodRefused:
    organizations = [
        {"name": policy.organization.name, "methods": policy.ways} for policy in refused_by(request)
    ]
    return SignInMethodRefused(organizations=organizations)
