"""The OpenAPI document, drawn from what endpoints declare: whatever they refuse or take is in it, and nothing else."""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from accounts.api import examples, refusals, schemes
from accounts.api.endpoint import Operation
from accounts.api.problems import OriginUnproved
from accounts.api.scopes import Credential
from accounts.api.wishes import Tokens
from core.api.fields import Input, Output, Text
from core.errors import API_PREFIX, PROBLEM_TYPE, Problem
from core.intake import FORM, JSON

PREFIX = f"{API_PREFIX}auth/"
DONE = {
    200: "Done.",
    201: "Made.",
    202: "Accepted: the rest comes by mail.",
    204: "Done. There is no body.",
}
# Of answers that have a body and nothing to say.
EMPTY = {"type": "object", "additionalProperties": False}
COOKIE = "With the transport `cookie`: the refresh token, for `refresh` alone and out of reach of scripts."
REFERENCE = "2ae08ebb76688048"
RESPONSE_HEADERS = {
    "Retry-After": (int, "After so many seconds it can be tried again."),
    "WWW-Authenticate": (str, "What would open it (RFC 6750, RFC 7617, RFC 9470)."),
    "Allow": (str, "The methods that this address takes."),
}
# As one reads them.
ORDER = [
    "Signing in",
    "Tokens",
    "Your account",
    "Second factors",
    "API keys",
    "Organizations",
    "Service accounts",
    "Permission checks",
    "Documentation",
]
ITS_ID = "Its id, as lists give it."
# What varies in an address: what it is, and an example.
IN_ADDRESS: dict[str, tuple[str, Any]] = {
    "slug": ("The short name of the organization.", "acme"),
    "person": ("The id of the person.", examples.UUID),
    "name": ("The id of the session, as the list gives it.", "p-2f4f6f0d1a11"),
    **dict.fromkeys(("id", "role", "team"), (ITS_ID, examples.NUMBER)),
    **dict.fromkeys(("public_id", "invitation", "service", "credential"), (ITS_ID, examples.UUID)),
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
NO_BODY = 204
INSTEAD = {
    schemes.BASIC: "The client_id and its secret may come by HTTP Basic.",
    schemes.COOKIE: "The refresh token may come as a cookie.",
}
CSRF = OpenApiParameter(
    "X-CSRFToken",
    str,
    OpenApiParameter.HEADER,
    description="With the transport `cookie`: what `csrf` gave, together with its cookie.",
)


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
    owners = serializers.IntegerField(required=False, help_text="How many could not sign in any more.")
    reason = serializers.CharField(required=False, help_text="Why a provider's word opens no account.")
    error = serializers.CharField(required=False, help_text="The same for readers of RFC 6749.")


class Schema(AutoSchema):
    """`settings.REST_FRAMEWORK` names it."""

    @property
    def declared(self) -> Operation:
        found: Operation = getattr(self.view, self.method.lower()).operation
        return found

    @property
    def refused(self) -> dict[int, list[type[Problem]]]:
        return refusals.grouped(refusals.of(self.declared, self.method))

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
        declared = self.declared
        bearers = [schemes.BEARER[kind][0] for kind in Credential if kind in declared.access.kinds]
        # Where no token is needed, the body can bring it as well.
        found: list[dict[str, list[str]]] = [{name: []} for name in (*bearers, *declared.schemes)]
        return [{}, *found] if declared.schemes and not bearers else found

    def get_request_serializer(self) -> Any:
        return self.declared.takes

    def map_parsers(self) -> list[str]:
        return [JSON, FORM] if self.declared.takes_forms else [JSON]

    def get_override_parameters(self) -> list[Any]:
        return [
            *([self.declared.query] if self.declared.query else []),
            *([CSRF] if OriginUnproved in self.declared.refuses else []),
            *self._response_headers(),
        ]

    def _response_headers(self) -> Iterator[OpenApiParameter]:
        declared = self.declared
        yield _header(
            "X-Request-Id", str, "Names this request in the site's log.", response=True, required=True
        )
        if declared.cookie or declared.gives is Tokens:
            yield _header("Set-Cookie", str, declared.cookie or COOKIE, response=[declared.status])
        for status, problems in self.refused.items():
            carried = [problem.example().all_headers().keys() for problem in problems]
            for name in sorted(set().union(*carried)):
                kind, text = RESPONSE_HEADERS[name]
                is_always = all(name in headers for headers in carried)
                yield _header(name, kind, text, response=[status], required=is_always)

    def get_examples(self) -> list[OpenApiExample]:
        declared, found = self.declared, []
        if declared.takes is not None:
            for media in self.map_parsers():
                found += [
                    OpenApiExample(name, value=value, request_only=True, media_type=media)
                    for name, value in examples.requests_of(declared.takes).items()
                ]
        if declared.gives is not None:
            statuses = [str(status) for status in (declared.status, *declared.also) if status != NO_BODY]
            value = examples.of(declared.gives)
            found.append(OpenApiExample("Response", value=value, response_only=True, status_codes=statuses))
        return found

    def get_response_serializers(self) -> Any:
        declared = self.declared
        shape = declared.gives(many=declared.many) if declared.gives else EMPTY
        done = {declared.status: DONE[declared.status], **declared.also}
        found: dict[Any, OpenApiResponse] = {
            status: OpenApiResponse(shape if status != NO_BODY else None, text)
            for status, text in sorted(done.items())
        }
        for status, problems in self.refused.items():
            found[status, PROBLEM_TYPE] = OpenApiResponse(
                ProblemShape,
                " · ".join(f"`{problem.code}`: {problem.title}" for problem in problems),
                [
                    OpenApiExample(problem.code, value=problem.example().body(REFERENCE))
                    for problem in problems
                ],
            )
        return found

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        """Without what our base classes say of themselves, and with what an input refuses."""
        shape: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        kind = serializer if isinstance(serializer, type) else type(serializer)
        if "__doc__" not in vars(kind) or vars(kind)["__doc__"] is None:
            shape.pop("description", None)
        if issubclass(kind, Input):
            if not kind.ignores_unknown:
                shape["additionalProperties"] = False
            for name, field in kind().fields.items():
                if isinstance(field, Text) and not field.allow_blank:
                    shape["properties"][name].setdefault("minLength", 1)
        return shape

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Asked of each answer; what is refused is never a list."""
        return isinstance(serializer, serializers.ListSerializer)


def finished(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """`settings.SPECTACULAR_SETTINGS` names it: what stands once in the document."""
    result.setdefault("components", {})["securitySchemes"] = schemes.every()
    result["servers"] = [{"url": settings.BASE_URL}]
    result["tags"] = [{"name": title} for title in ORDER]
    _strip(result, "x-spec-enum-id")
    for methods in result["paths"].values():
        for described in methods.values():
            _explain(described.get("parameters", []))
    return result


def _explain(parameters: list[dict[str, Any]]) -> None:
    """What stands in an address is declared with it, without a word."""
    for each in parameters:
        if each["in"] == "path":
            each["description"], each["example"] = IN_ADDRESS[each["name"]]


def _strip(part: Any, name: str) -> None:
    if isinstance(part, dict):
        part.pop(name, None)
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            _strip(each, name)


def _header(name: str, kind: type, text: str, **how: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=text, **how)


def _whoever(declared: Operation) -> str:
    access = declared.access
    instead = "".join(f" {INSTEAD[name]}" for name in declared.schemes)
    if not access.kinds:
        return f"Anybody may call it.{instead}"
    kinds = ", ".join(f"`{kind}`" for kind in Credential if kind in access.kinds)
    scope = f" with the scope `{access.scope}`" if access.scope is not None else ""
    fresh = " It needs a proof of who one is from the last minutes." if access.recently else ""
    return f"Credentials: {kinds}{scope}.{fresh}{instead}"
