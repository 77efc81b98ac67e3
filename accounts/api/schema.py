"""The OpenAPI document, drawn from what endpoints declare: whatever they refuse or take is in it, and nothing else."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

from accounts.api import examples
from accounts.api.endpoint import Operation
from accounts.api.scopes import Credential
from accounts.sign_in.programs import Demand
from accounts.sign_in.reauthentication import ProveAgain
from core.api.fields import Output
from core.api.problems import (
    CredentialNotAllowed,
    Invalid,
    InvalidToken,
    MethodNotAllowed,
    ScopeMissing,
    Unauthenticated,
    UnsupportedMedia,
)
from core.errors import API_PREFIX, BadInput, Missing, NotSecure, Problem, TooLarge, TooMany, Unavailable

PROBLEM_TYPE = "application/problem+json"
PREFIX = f"{API_PREFIX}auth/"
BEARER = {
    Credential.SIGN_IN: ("accessToken", "JWT", "The access token of a person's sign-in."),
    Credential.KEY: ("apiKey", "idk_…", "A person's API key."),
    Credential.SERVICE: ("serviceToken", "JWT", "The access token of an organization's service account."),
}
# By how an address begins, the first that fits.
CHAPTERS = [
    ("me/keys", "API keys"),
    ("keys", "API keys"),
    ("me/mfa", "Second factors"),
    ("me", "Your account"),
    ("orgs/{slug}/service-accounts", "Service accounts"),
    ("token", "Tokens"),
    ("refresh", "Tokens"),
    ("logout", "Tokens"),
    ("orgs", "Organizations"),
    ("authorize", "Permission checks"),
    ("schema", "Documentation"),
    ("", "Signing in"),
]


class FieldProblem(Output):
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)


class OrganizationWays(Output):
    name = serializers.CharField()
    methods = serializers.ListField(child=serializers.CharField())


class ProblemShape(Output):
    """RFC 9457. `code` is the member to decide by; titles and details are for people, in their language."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    reference = serializers.CharField(help_text="Names this request in the site's log.")
    errors = FieldProblem(many=True, required=False)  # type: ignore[assignment]
    challenge = serializers.CharField(required=False, help_text="With which a sign-in that waits goes on.")
    methods = serializers.ListField(child=serializers.CharField(), required=False)
    address = serializers.CharField(required=False, help_text="The page that can give what is asked for.")
    organizations = OrganizationWays(
        many=True, required=False, help_text="Those that take other ways to sign in than this one."
    )
    reason = serializers.CharField(required=False, help_text="Why a provider's word opens no account.")
    error = serializers.CharField(required=False, help_text="The same for readers of RFC 6749.")


class Schema(AutoSchema):
    """`settings.REST_FRAMEWORK` names it."""

    @property
    def declared(self) -> Operation:
        found: Operation = getattr(self.view, self.method.lower()).operation
        return found

    def get_operation_id(self) -> str:
        words = re.findall(r"[a-z0-9]+", self.path.removeprefix(PREFIX).lower())
        return "_".join([self.method.lower(), *words])

    def get_summary(self) -> str:
        return self.declared.summary

    def get_description(self) -> str:  # type: ignore[override]
        text = " ".join((getattr(self.view, self.method.lower()).__doc__ or "").split())
        return f"{text}\n\n{_whoever(self.declared)}".strip()

    def get_tags(self) -> list[str]:
        path = self.path.removeprefix(PREFIX).removeprefix(API_PREFIX)
        return [next(title for start, title in CHAPTERS if path.startswith(start))]

    def get_auth(self) -> list[dict[str, list[str]]]:
        access = self.declared.access
        return [{BEARER[kind][0]: []} for kind in Credential if kind in access.kinds]

    def get_request_serializer(self) -> Any:
        return self.declared.takes

    def map_parsers(self) -> list[str]:
        forms = ["application/x-www-form-urlencoded"] if self.declared.takes_forms else []
        return ["application/json", *forms]

    def get_override_parameters(self) -> list[Any]:
        return [self.declared.query] if self.declared.query else []

    def get_examples(self) -> list[OpenApiExample]:
        declared, found = self.declared, []
        if declared.takes is not None:
            value = examples.of(declared.takes)
            found.append(OpenApiExample("Request", value=value, request_only=True))
        if declared.gives is not None:
            value = examples.of(declared.gives)
            status = str(declared.status)
            found.append(
                OpenApiExample(
                    "Response",
                    value=[value] if declared.many else value,
                    response_only=True,
                    status_codes=[status],
                )
            )
        return found

    def get_response_serializers(self) -> Any:
        declared = self.declared
        shape = declared.gives(many=declared.many) if declared.gives else None
        found: dict[Any, OpenApiResponse] = {declared.status: OpenApiResponse(shape, "Done.")}
        for status, problems in grouped(refusals(declared)).items():
            found[status, PROBLEM_TYPE] = OpenApiResponse(
                ProblemShape,
                " · ".join(f"`{problem.code}`: {problem.title}" for problem in problems),
                [OpenApiExample(problem.code, value=_example(problem)) for problem in problems],
            )
        return found

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Asked of each answer; what is refused is never a list."""
        return isinstance(serializer, serializers.ListSerializer)


def refusals(declared: Operation) -> Iterator[type[Problem]]:
    """Everything that this operation answers instead of what it gives."""
    if declared.access.kinds:
        yield from (Unauthenticated, InvalidToken, CredentialNotAllowed)
        if declared.access.scope is not None:
            yield ScopeMissing
        if declared.access.recently is not None:
            yield ProveAgain
    yield from declared.refuses
    if declared.demands:
        yield from below(Demand)
    if declared.takes is not None:
        yield from (TooLarge, UnsupportedMedia)
    yield from (Invalid, BadInput, NotSecure, Missing, MethodNotAllowed, TooMany, Unavailable)


def grouped(problems: Iterable[type[Problem]]) -> dict[int, list[type[Problem]]]:
    """By status, each code once."""
    found: dict[int, dict[str, type[Problem]]] = {}
    for problem in problems:
        found.setdefault(problem.status, {}).setdefault(problem.code, problem)
    return {status: list(codes.values()) for status, codes in sorted(found.items())}


def below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for each in kind.__subclasses__():
        yield each
        yield from below(each)


def security_schemes() -> dict[str, dict[str, str]]:
    return {
        name: {"type": "http", "scheme": "bearer", "bearerFormat": form, "description": text}
        for name, form, text in BEARER.values()
    }


def finished(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """`settings.SPECTACULAR_SETTINGS` names it: what stands once in the document."""
    result.setdefault("components", {})["securitySchemes"] = security_schemes()
    result["servers"] = [{"url": settings.BASE_URL}]
    return result


def _whoever(declared: Operation) -> str:
    access = declared.access
    if not access.kinds:
        return "Anybody may call it."
    kinds = ", ".join(f"`{kind}`" for kind in Credential if kind in access.kinds)
    scope = f" with the scope `{access.scope}`" if access.scope is not None else ""
    fresh = " It needs a proof of who one is from the last minutes." if access.recently else ""
    return f"Credentials: {kinds}{scope}.{fresh}"


def _example(problem: type[Problem]) -> dict[str, Any]:
    detail: str | Promise = problem.detail
    return {
        "type": "about:blank",
        "title": str(problem.title),
        "status": problem.status,
        "detail": str(detail),
        "code": problem.code,
        "reference": "2ae08ebb76688048",
    }
