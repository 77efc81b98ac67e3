"""What every endpoint is made of: declared input, output, access and refusals, which code and documentation share.

`operation` stands above each method. What it declares is checked before the method runs, appears in the OpenAPI
document, and is what tests walk through; there is no other way to write an endpoint.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from allauth.core.context import request_context
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.authentication import BaseAuthentication
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from accounts.api import throttle
from accounts.api.caller import ApiRequest, Caller
from accounts.api.scopes import OF_KIND, Credential, Scope
from accounts.session.memory import MemorySession
from accounts.sign_in import reauthentication
from accounts.sign_in.reauthentication import ProveAgain
from core.api.fields import Input, Output
from core.api.problems import (
    CredentialNotAllowed,
    InvalidToken,
    MethodNotAllowed,
    ScopeMissing,
    Unauthenticated,
    UnsupportedMedia,
)
from core.errors import Problem
from core.intake import FORM, JSON
from core.requests import READS

log = structlog.get_logger(__name__)

JSON_WRITER = JSONEncoder(separators=(",", ":"), ensure_ascii=False)
METHODS = ("get", "post", "put", "patch", "delete")
Refusal = type[Problem]


@dataclass(frozen=True)
class Access:
    """Who may call. Without any kind anybody may, and whatever credential comes along is not looked at.

    `recently` asks a person at a sign-in to have proved lately who they are: it answers whether they have.
    """

    scope: Scope | None = None
    kinds: frozenset[Credential] = frozenset()
    recently: Callable[[HttpRequest], bool] | None = None


PUBLIC = Access()
# For what needs no scope, such as signing out.
SIGNED_IN = Access(kinds=frozenset({Credential.SIGN_IN}))


def by(scope: Scope, *, only: Collection[Credential] = tuple(Credential), recently: Any = None) -> Access:
    """For whoever brings a credential with this scope, of the kinds that can have it or fewer."""
    able = {kind for kind in only if scope in OF_KIND[kind]}
    return Access(scope, frozenset(able), recently)


def freshly(scope: Scope) -> Access:
    """For what a borrowed or stolen token must not be able to do: a sign-in, proved anew within the last minutes."""
    return by(scope, only=[Credential.SIGN_IN], recently=reauthentication.is_proved)


@dataclass(frozen=True)
class Operation:
    # In the words of the documentation, which is English.
    summary: str
    access: Access
    takes: type[Input] | None = None
    query: type[Input] | None = None
    gives: type[Output] | None = None
    many: bool = False
    status: int = 200
    refuses: Sequence[Refusal] = ()
    # Whether it is a step of a sign-in, which any stage of any app may stop.
    demands: bool = False
    # Whether a form will do as well, where a standard asks for one.
    takes_forms: bool = False
    # Other answers that mean done, and when: with the same body, but for 204.
    also: Mapping[int, str] = field(default_factory=dict)
    # Names of accounts.api.schemes by which something may come instead of in the body, or of a token.
    schemes: Sequence[str] = ()
    # What the cookie is that comes with the answer, if one does.
    cookie: str = ""


Handler = Callable[..., Any]


class Unheard:
    """What flows tell the reader of the next page: a program reads none."""

    def add(self, level: int, message: str, extra_tags: str = "") -> None:
        pass


UNHEARD = Unheard()


def operation(summary: str, access: Access, **declared: Any) -> Callable[[Handler], Handler]:
    def decorate(handler: Handler) -> Handler:
        vars(handler)["operation"] = Operation(summary, access, **declared)
        return handler

    return decorate


class Endpoint(APIView):
    """Lean on purpose: of DRF's way through a request only what answers something here.

    There is one format and one version, and input, access and throttles are declared; what negotiates them stays out.
    """

    # Also by POST, where a secret in the address would be told to every log.
    only_reads = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        method = (request.method or "").lower()
        handler = getattr(self, "get" if method == "head" else method, None) if method != "options" else None
        if handler is None or not hasattr(handler, "operation"):
            raise MethodNotAllowed([name.upper() for name in METHODS if hasattr(self, name)])
        declared: Operation = handler.operation
        called = cast(ApiRequest, request)
        vars(request)["_messages"] = UNHEARD
        with request_context(request):
            self.admit(called, declared.access)
            inputs = _inputs(called, declared)
            answer = handler(called, *args, **inputs, **kwargs)
            if called.session.modified:
                called.session.save()
        return answer if isinstance(answer, HttpResponseBase) else reply(answer, declared.status)

    def admit(self, request: ApiRequest, access: Access) -> None:
        """Raises what is missing; afterwards `request` says who is calling."""
        if not access.kinds:
            throttle.before_stranger(request)
            request.session = MemorySession()
            return
        caller = self.recognized(request)
        throttle.before_caller(request, caller, type(self).__name__, only_reads=self.only_reads)
        refusal = _refusal(caller, access)
        if refusal is not None:
            # Whoever looks for a credential that tries doors finds it here.
            log.warning("access_refused", caller=caller.key, credential=str(caller.id), reason=refusal.code)
            raise refusal
        request.caller, request.session = caller, caller.session
        if caller.user is not None:
            request.user = caller.user
        if access.recently is not None and not access.recently(request):
            raise ProveAgain(caller.user)

    def recognized(self, request: HttpRequest) -> Caller:
        """By the first kind of credential that knows what was brought."""
        for authenticator in _authenticators():
            found = authenticator.authenticate(cast(Any, request))
            if found is not None:
                return cast(Caller, found[1])
        throttle.before_stranger(request)
        if "HTTP_AUTHORIZATION" in request.META:
            raise InvalidToken
        raise Unauthenticated


def _refusal(caller: Caller, access: Access) -> Problem | None:
    if caller.credential not in access.kinds:
        return CredentialNotAllowed()
    if access.scope is not None and access.scope not in caller.scope:
        return ScopeMissing(access.scope)
    return None


def reply(body: Any, status: int = 200) -> HttpResponse:
    if body is None:
        response = HttpResponse(status=204)
        del response.headers["Content-Type"]
        return response
    return HttpResponse(JSON_WRITER.encode(body), status=status, content_type=JSON)


def _authenticators() -> list[BaseAuthentication]:
    """settings.REST_FRAMEWORK names them: the app that hands credentials out stands above this one."""
    return [authenticator() for authenticator in APIView.authentication_classes]


class Nothing(Input):
    """For what takes no body or no query: one that is sent all the same was meant for something else."""


def _inputs(request: ApiRequest, declared: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if declared.takes is not None:
        found["data"] = declared.takes.read(_body(request, declared), partial=request.method == "PATCH")
    elif request.method not in READS:
        Nothing.read(_body(request, declared))
    if declared.query is not None:
        found["query"] = declared.query.read(request.GET.dict())
    elif request.META.get("QUERY_STRING") and request.GET:
        Nothing.read(request.GET.dict())
    return found


def _body(request: ApiRequest, declared: Operation) -> Any:
    if request.content_type == JSON:
        return getattr(request, "json", {})
    if declared.takes_forms and request.content_type == FORM:
        return request.POST.dict()
    if request.META.get("CONTENT_LENGTH", "") in ("", "0"):
        return {}
    raise UnsupportedMedia
