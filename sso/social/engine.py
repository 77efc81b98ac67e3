"""The one module that touches allauth's OAuth 2: it keeps the state, makes PKCE and the redirect, trades the code.

Left aside, because they trust more than they should: allauth's OpenID Connect provider (no nonce, no signature, no
issuer of its own choosing, details of whatever subject), its Google and Microsoft ones, its views (scopes and
parameters from the query, failures as crashes) and its linking. tests/sso/test_engine.py pins the names used here.
"""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from django.http import HttpRequest
from django.urls import reverse

from accounts.session.store import SessionStore
from core import client
from core.site import absolute
from sso.linking import Purpose
from sso.social import directory, github, openid, web
from sso.social.configuration import Kind, Provider
from sso.social.errors import AnswerRefused, Expired
from sso.social.identity import Identity

# GitHub sends this type only when asked; the others send it anyway.
HEADERS = {"Accept": "application/json"}


@dataclass(frozen=True)
class Attempt:
    """What this browser set out to do when it left for the provider."""

    purpose: Purpose
    nonce: str
    started_at: float
    # Who was signed in then, by public id.
    person: str
    next_address: str
    verifier: str


class _Adapter(OAuth2Adapter):  # type: ignore[misc]
    headers = HEADERS

    def __init__(self, request: HttpRequest, provider: Provider) -> None:
        super().__init__(request)
        self.provider, self.provider_id = provider, provider.slug
        if provider.kind == Kind.GITHUB:
            self.authorize_url = github.authorization_endpoint(provider)
            self.access_token_url = github.token_endpoint(provider)
        else:
            about = directory.metadata(provider)
            self.authorize_url, self.access_token_url = about.authorization_endpoint, about.token_endpoint
            self.basic_auth = about.basic_auth

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """One per provider, so that one provider's answer cannot be passed off as another's; never from a header."""
        return absolute(
            self.provider.callback_path or reverse("sso:social-callback", args=[self.provider_id])
        )


class _Provider(OAuth2Provider):  # type: ignore[misc]
    id = "configured"
    pkce_enabled_default = True

    def __init__(self, request: HttpRequest, provider: Provider) -> None:
        app = SocialApp(provider=provider.slug, client_id=provider.client_id, secret=provider.secret)
        super().__init__(request, app=app)
        self.provider = provider

    def get_oauth2_adapter(self, request: HttpRequest) -> _Adapter:
        return _Adapter(request, self.provider)

    def get_default_scope(self) -> list[str]:
        return github.SCOPE if self.provider.kind == Kind.GITHUB else openid.SCOPE


def begin(
    request: HttpRequest, provider: Provider, *, purpose: Purpose, person: str = "", next_address: str = ""
) -> str:
    """Notes the attempt in the session and answers where the browser has to go."""
    nonce = secrets.token_urlsafe(32)
    with web.patience(provider.slug):
        response = _Provider(request, provider).redirect(
            request,
            process=purpose,
            next_url=next_address,
            auth_params=_parameters(provider, purpose, nonce),
            nonce=nonce,
            started_at=time.time(),
            person=person,
        )
    return str(response.url)


def resume(request: HttpRequest, provider: Provider) -> Attempt:
    """The attempt that this answer belongs to; it is spent by asking, whatever the answer turns out to be."""
    state_id = request.GET.get("state", "")
    state = statekit.unstash_state(request, provider_id=provider.slug, state_id=state_id)
    _keep_facts(request)
    if state is None:
        raise Expired("state")
    return Attempt(
        purpose=Purpose(state["process"]),
        nonce=state["nonce"],
        started_at=state["started_at"],
        person=state["person"],
        next_address=state.get("next", ""),
        verifier=state["pkce_code_verifier"],
    )


def identify(request: HttpRequest, provider: Provider, attempt: Attempt) -> Identity:
    """Trades the code in the answer for who somebody is, or raises SignInFailed."""
    with web.patience(provider.slug):
        if provider.kind == Kind.GITHUB:
            return github.identify(provider, answer=_trade(request, provider, attempt))
        return openid.identify(
            provider,
            answer=trade(request, provider, attempt),
            nonce=attempt.nonce,
            fresh_since=fresh_since(attempt),
        )


def trade(request: HttpRequest, provider: Provider, attempt: Attempt) -> dict[str, Any]:
    """What an OpenID provider gives for the code in its answer. Within the caller's patience."""
    _check_sender(request, provider)
    return _trade(request, provider, attempt)


def fresh_since(attempt: Attempt) -> float | None:
    return attempt.started_at if attempt.purpose == Purpose.REAUTHENTICATE else None


def _trade(request: HttpRequest, provider: Provider, attempt: Attempt) -> dict[str, Any]:
    if not request.GET.get("code"):
        raise AnswerRefused("no-code")
    adapter = _Adapter(request, provider)
    try:
        answer = adapter.get_access_token_data(
            request,
            None,
            adapter.get_client(request, _Provider(request, provider).app),
            pkce_code_verifier=attempt.verifier,
        )
    except (OAuth2Error, RecursionError) as error:
        raise AnswerRefused("no-access-token") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
        raise AnswerRefused("no-access-token")
    return answer


def _check_sender(request: HttpRequest, provider: Provider) -> None:
    """RFC 9207: a provider that names itself in its answers must be the one that was asked."""
    about, named = directory.metadata(provider), request.GET.get("iss")
    if named != about.issuer and (named is not None or about.names_itself):
        raise AnswerRefused("sender")


def _parameters(provider: Provider, purpose: Purpose, nonce: str) -> dict[str, str]:
    """A person who connects an account may want to pick one; one who proves themselves has to sign in again."""
    asked = {} if provider.kind == Kind.GITHUB else {"nonce": nonce}
    if purpose == Purpose.REAUTHENTICATE and provider.kind in (Kind.OPENID, Kind.MICROSOFT):
        return {**asked, "prompt": "login", "max_age": "0"}
    # Not every OpenID provider knows this word, and one that does not refuses the whole request.
    if purpose != Purpose.SIGN_IN and provider.kind != Kind.OPENID:
        return {**asked, "prompt": "select_account"}
    return asked


def _keep_facts(request: HttpRequest) -> None:
    """allauth replaces the session object by one that does not know which client it belongs to."""
    if isinstance(request.session, SessionStore):
        request.session.facts = client.facts(request)
