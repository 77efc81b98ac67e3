"""What an OpenID provider says of somebody, checked, in the form in which any connection says it."""

from typing import Any

from django.http import HttpRequest

from sso.enterprise import mapping
from sso.enterprise.parking import Arrived
from sso.models import Connection
from sso.social import engine, id_token, openid, web
from sso.social.configuration import Provider
from sso.social.engine import Attempt


def arrived(request: HttpRequest, connection: Connection, provider: Provider, attempt: Attempt) -> Arrived:
    with web.patience(connection.slug):
        answer = engine.trade(request, provider, attempt)
        claims = id_token.verify(
            answer.get("id_token"),
            provider=provider,
            nonce=attempt.nonce,
            fresh_since=engine.fresh_since(attempt),
        )
        if "email" not in claims:
            # The token's own claims win: it is signed, and says whom the rest is about.
            claims = {**openid.userinfo(provider, answer, claims["sub"]), **claims}
    return Arrived(
        profile=mapping.of_claims(claims, connection),
        in_response_to=None,
        context=_context(claims, connection),
        proved_at=float(claims.get("auth_time") or claims["iat"]),
        session_index=_sid(claims),
        session_ends_at=None,
        name={"value": claims["sub"]},
    )


def _context(claims: dict[str, Any], connection: Connection) -> str:
    """Of acr and amr the one that counts here as two factors, if any does."""
    methods = claims.get("amr") if isinstance(claims.get("amr"), list) else []
    said = [value for value in (claims.get("acr"), *(methods or [])) if isinstance(value, str)]
    trusted = [value for value in said if value in connection.trusted_contexts]
    return (trusted or said or [""])[0]


def _sid(claims: dict[str, Any]) -> str:
    sid = claims.get("sid", "")
    return sid if isinstance(sid, str) and len(sid) <= id_token.SUBJECT_LIMIT else ""
