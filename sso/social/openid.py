"""Identities from OpenID Connect providers, Google and Microsoft among them."""

from typing import Any

from sso.social import directory, id_token, web
from sso.social.configuration import Kind, Provider
from sso.social.errors import AnswerRefused
from sso.social.identity import Identity, address, display_name

SCOPE = ["openid", "email", "profile"]


def identify(
    provider: Provider, *, answer: dict[str, Any], nonce: str, fresh_since: float | None
) -> Identity:
    """`answer` is what the token endpoint said; from a program, its ID token and nothing else."""
    claims = id_token.verify(answer.get("id_token"), provider=provider, nonce=nonce, fresh_since=fresh_since)
    # All from one place: an address must not be called verified by a sentence about another one.
    profile = claims if "email" in claims else userinfo(provider, answer, claims["sub"])
    email = address(profile.get("email"))
    return Identity(
        slug=provider.slug,
        issuer=claims["iss"],
        subject=claims["sub"],
        email=email,
        email_verified=_says_verified(provider, profile),
        trusted=provider.is_trusted_for(email) or _is_hosted(provider, claims),
        name=display_name(profile.get("name")),
    )


def userinfo(provider: Provider, answer: dict[str, Any], subject: str) -> dict[str, Any]:
    endpoint = directory.metadata(provider).userinfo_endpoint
    if not endpoint or "access_token" not in answer:
        return {}
    found = web.get_object(endpoint, Authorization=f"Bearer {answer['access_token']}")
    # OpenID Connect Core 5.3.4: otherwise these are the details of somebody else.
    if found.get("sub") != subject:
        raise AnswerRefused("userinfo-of-another")
    return found


def _says_verified(provider: Provider, profile: dict[str, Any]) -> bool:
    """Some say it as a text. Microsoft's `email` is what a tenant's administrator typed, unless this claim is set."""
    claim = "xms_edov" if provider.kind == Kind.MICROSOFT else "email_verified"
    return profile.get(claim) in (True, "true", "1")


def _is_hosted(provider: Provider, claims: dict[str, Any]) -> bool:
    """Google answers for addresses of its own and of domains whose mail it runs, which it marks with `hd`."""
    return provider.kind == Kind.GOOGLE and bool(claims.get("hd"))
