"""What a program gets once its person has passed every stage: tokens, in the transport that it asked for.

In the body, for programs that can keep a secret. For browsers the refresh token is a cookie that no script reads and
that is sent to one address only; the access token is in the body, and lives in the memory of a page.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.api.endpoint import reply
from accounts.api.wishes import BODY
from accounts.models import User
from accounts.session import limits as session_limits
from accounts.sign_in import programs
from core import client
from tokens.flows import families
from tokens.flows.families import Pair


def to(request: HttpRequest, user: User) -> tuple[HttpResponse, bool]:
    """Called by accounts.sign_in.programs, in the transaction that lets the person in."""
    wish, facts = request.session.pop(programs.WISH), client.facts(request)
    is_new = families.is_from_somewhere_new(user, facts)
    pair = families.begin(
        user=user,
        methods=[record["method"] for record in programs.records(request)],
        scope=wish["scope"],
        facts=facts,
        state=dict(request.session.items()),
        limits=session_limits.of(user, request),
    )
    return answer(pair, transport=wish["transport"]), is_new


def answer(pair: Pair, *, transport: str) -> HttpResponse:
    body: dict[str, Any] = {
        "token_type": "Bearer",
        "access_token": pair.access,
        "expires_in": int(settings.ACCESS_TOKEN_LIFETIME.total_seconds()),
        "scope": pair.scope,
    }
    if transport == BODY:
        return reply({**body, "refresh_token": pair.refresh})
    response = reply(body)
    response.set_cookie(
        settings.REFRESH_COOKIE_NAME,
        pair.refresh,
        expires=pair.expires_at,
        path=cookie_path(),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )
    return response


def forget_cookie(response: HttpResponse) -> None:
    response.delete_cookie(settings.REFRESH_COOKIE_NAME, path=cookie_path(), samesite="Strict")


def cookie_path() -> str:
    return reverse("tokens-api:refresh")
