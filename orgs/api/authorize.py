"""May they do this? Asked by applications, in the shapes of the OpenID AuthZEN Authorization API 1.0."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.caller import ApiRequest
from accounts.api.endpoint import Endpoint, by, operation, reply
from accounts.api.scopes import Scope
from core.api.fields import Choice, Input, Items, Object, Output, Text
from core.api.problems import Invalid
from orgs.api import asking
from orgs.api.asking import Answering
from orgs.decisions.vocabulary import Action, Asked, Decision, Entity

AT_MOST = 100
ALL, FIRST_DENY, FIRST_PERMIT = "execute_all", "deny_on_first_deny", "permit_on_first_permit"
# After which answer the rest is not looked at.
STOPS = {ALL: None, FIRST_DENY: False, FIRST_PERMIT: True}
PARTS = ("subject", "action", "resource")
# What callers may have their requests known under.
REQUEST_ID = re.compile(r"[\x21-\x7e]{1,200}")


class EntityInput(Input):
    type = Text(max_length=100)
    id = Text(max_length=254)
    properties = Object(required=False)


class ActionInput(Input):
    name = Text(max_length=100)
    properties = Object(required=False)


class QuestionInput(Input):
    subject = EntityInput(required=False)
    action = ActionInput(required=False)
    resource = EntityInput(required=False)
    context = Object(required=False)  # type: ignore[assignment]


class Options(Input):
    """Those that are not known are let be, as the standard has it."""

    ignores_unknown = True

    evaluations_semantic = Choice(required=False, choices=list(STOPS))


class AuthorizeInput(QuestionInput):
    samples: ClassVar = {
        "One question": {
            "subject": {"type": "user", "id": "alice@example.org"},
            "action": {"name": "read"},
            "resource": {"type": "document", "id": "plan", "properties": {"team": "Platform"}},
            "context": {"organization": "acme"},
        },
        "Several at once": {
            "subject": {"type": "user", "id": "alice@example.org"},
            "resource": {"type": "organization", "id": "acme"},
            "evaluations": [{"action": {"name": "members.view"}}, {"action": {"name": "members.manage"}}],
            "options": {"evaluations_semantic": "deny_on_first_deny"},
        },
    }

    evaluations = Items(
        child=QuestionInput(),
        required=False,
        max_length=AT_MOST,
        help_text="Several at once; what stands beside it holds for those that say nothing else.",
    )
    options = Options(required=False)


class Why(Output):
    sample: ClassVar = {
        "reason": "permitted",
        "policy": "team",
        "reason_user": {
            "en": "The team that a resource of an application names may do with it what is asked about."
        },
        "reason_admin": {"en": "As admin, by the team Platform."},
    }

    reason = serializers.CharField(help_text="A code: see docs/authorization.md.")
    policy = serializers.CharField(required=False, help_text="The one that decided.")
    reason_user = serializers.DictField(
        child=serializers.CharField(), help_text="For whom it is about, by language."
    )
    reason_admin = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="For service accounts: not to be shown to users.",
    )


class Answer(Output):
    decision = serializers.BooleanField()
    context = Why()  # type: ignore[assignment]


class Answers(Output):
    decision = serializers.BooleanField(required=False)
    context = Why(required=False)  # type: ignore[assignment]
    evaluations = Answer(many=True, required=False, help_text="In the order of the questions.")


class Authorize(Endpoint):
    # It changes nothing, and applications ask often.
    only_reads = True

    @operation(
        "Ask whether somebody may do something (AuthZEN)",
        by(Scope.DECISIONS_ASK),
        takes=AuthorizeInput,
        gives=Answers,
    )
    def post(self, request: ApiRequest, data: dict[str, Any]) -> HttpResponse:
        """A service account asks about its organization, a person about themselves. Whatever no policy permits is
        denied, and a denial is an answer like another."""
        several = data.get("evaluations")
        asked = _several(data, several) if several else [_question(data, "")]
        answers = _answered(asked, asking.of_caller(request, asked), _semantic(data))
        for_admin = request.caller.service is not None
        spelled = [_spelled(answer, for_admin=for_admin) for answer in answers]
        return _known_as_there(request, reply({"evaluations": spelled} if several else spelled[0]))


def _several(data: dict[str, Any], several: list[dict[str, Any]]) -> list[Asked]:
    """A part of a question replaces the common one as a whole (section 7.1.1)."""
    return [_question({**data, **each}, f"evaluations.{number}.") for number, each in enumerate(several)]


def _question(data: dict[str, Any], path: str) -> Asked:
    missing = [part for part in PARTS if part not in data]
    if missing:
        detail = str(_("This field is required."))
        raise Invalid([{"field": path + part, "code": "required", "detail": detail} for part in missing])
    return Asked(
        Entity(**data["subject"]),
        Action(**data["action"]),
        Entity(**data["resource"]),
        data.get("context", {}),
    )


def _semantic(data: dict[str, Any]) -> str:
    return str(data.get("options", {}).get("evaluations_semantic", ALL))


def _answered(asked: list[Asked], answering: Answering, semantic: str) -> Iterator[Decision]:
    for one in asked:
        decision = answering(one)
        yield decision
        if decision.allowed is STOPS[semantic]:
            return


def _spelled(decision: Decision, *, for_admin: bool) -> dict[str, Any]:
    language = get_language() or "en"
    why: dict[str, Any] = {"reason": decision.reason, "reason_user": {language: decision.words}}
    if decision.policy:
        why["policy"] = decision.policy
    if for_admin:
        why["reason_admin"] = {language: decision.details}
    return {"decision": decision.allowed, "context": why}


def _known_as_there(request: ApiRequest, response: HttpResponse) -> HttpResponse:
    """The caller's own name for it comes back (section 10.1.3); our log has ours."""
    theirs = request.headers.get("X-Request-Id", "")
    if REQUEST_ID.fullmatch(theirs):
        response["X-Request-Id"] = theirs
    return response
