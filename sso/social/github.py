"""Identities from GitHub, which speaks OAuth 2 without OpenID Connect: there is no ID token, so its API is asked."""

from typing import Any

from sso.social import web
from sso.social.configuration import Provider
from sso.social.errors import AnswerRefused
from sso.social.identity import Identity, address, display_name

PUBLIC = "https://github.com"
SCOPE = ["user:email"]


def authorization_endpoint(provider: Provider) -> str:
    return f"{provider.issuer}/login/oauth/authorize"


def token_endpoint(provider: Provider) -> str:
    return f"{provider.issuer}/login/oauth/access_token"


def identify(provider: Provider, *, answer: dict[str, Any]) -> Identity:
    api = "https://api.github.com" if provider.issuer == PUBLIC else f"{provider.issuer}/api/v3"
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    person = web.get_object(f"{api}/user", **headers)
    subject = person.get("id")
    if isinstance(subject, bool) or not isinstance(subject, int):
        raise AnswerRefused("subject")
    primary = _primary(web.get_json(f"{api}/user/emails", **headers))
    email = address(primary.get("email"))
    return Identity(
        slug=provider.slug,
        issuer=provider.issuer,
        subject=str(subject),
        email=email,
        email_verified=primary.get("verified") is True,
        trusted=provider.is_trusted_for(email),
        name=display_name(person.get("name")),
    )


def _primary(emails: object) -> dict[str, Any]:
    entries = [entry for entry in emails if isinstance(entry, dict)] if isinstance(emails, list) else []
    return next((entry for entry in entries if entry.get("primary") is True), {})
