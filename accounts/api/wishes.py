"""What every way to sign in lets a program say about what it is handed in the end."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.utils.functional import cached_property
from rest_framework import serializers

from accounts.api.problems import OriginUnproved
from accounts.api.scopes import ALL, OF_KIND, Credential, spelled
from accounts.sign_in import programs
from accounts.sign_in.allauth_compat import LoginStage
from core.api.fields import Choice, Input, Output, Text
from core.api.problems import Invalid

BODY, COOKIE = "body", "cookie"


class Transport(Choice):
    """`cookie` is for pages in a browser: the refresh token is out of reach of every script."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"choices": [BODY, COOKIE], "default": BODY, **how})


class SignInInput(Input):
    scope = Text(default=ALL, help_text="Separated by spaces. `all`: whatever the person may do.")
    transport = Transport()


class Tokens(Output):
    token_type = serializers.CharField()
    access_token = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until the access token ends.")
    scope = serializers.CharField()
    refresh_token = serializers.CharField(required=False, help_text="With the transport `body` only.")


def prepare(request: HttpRequest, data: dict[str, Any]) -> None:
    """Takes the wish out of what was sent, checks it, and begins a sign-in of its own."""
    scope, transport = str(data.pop("scope")), str(data.pop("transport"))
    unknown = set(scope.split()) - OF_KIND[Credential.SIGN_IN]
    if scope != ALL and unknown:
        raise Invalid.field("scope", "invalid_choice", spelled(unknown))
    if transport == COOKIE:
        require_origin(request)
    programs.prepare(request, wish={"scope": scope, "transport": transport})


def enter(request: HttpRequest, *, challenge: str, stage: str) -> LoginStage:
    """The half-done sign-in that waits for this step. Raises BeginAgain."""
    entered = programs.enter(request, challenge=challenge, stage=stage)
    if request.session[programs.WISH]["transport"] == COOKIE:
        require_origin(request)
    return entered


class OriginCheck(CsrfViewMiddleware):
    """Django's, which also takes pages of other sites that may call the API. Forms of ours are nothing for those."""

    @cached_property
    def allowed_origins_exact(self) -> set[str]:
        return set(settings.API_ALLOWED_ORIGINS)

    @cached_property
    def csrf_trusted_origins_hosts(self) -> list[str]:
        """For browsers that name no origin, and only the page that they come from."""
        return [urlsplit(origin).netloc for origin in settings.API_ALLOWED_ORIGINS]


def require_origin(request: HttpRequest) -> None:
    """A cookie comes along with requests that other sites cause: these prove that a page of ours made them."""
    check = OriginCheck(_nothing)
    check.process_request(request)
    if check.process_view(request, _nothing, (), {}) is not None:
        raise OriginUnproved


def with_origin_proof(request: HttpRequest, make: Any) -> HttpResponse:
    """`make` gets what a page has to send in the header X-CSRFToken; its cookie goes along."""
    check = OriginCheck(_nothing)
    check.process_request(request)
    response: HttpResponse = make(get_token(request))
    return check.process_response(request, response)  # type: ignore[return-value]


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()
