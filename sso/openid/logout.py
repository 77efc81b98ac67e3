"""Back-channel logout: the provider tells us, without anybody's browser, that somebody has signed out there."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sso.models import Connection
from sso.openid import provider as providers
from sso.saml import replay
from sso.social import id_token, web
from sso.social.errors import AnswerRefused

EVENT = "http://schemas.openid.net/event/backchannel-logout"
REQUIRED = ["iss", "aud", "iat", "jti"]
# A token that counts for longer than this is one for something else.
LONGEST = timedelta(minutes=10)


def read(token: str, connection: Connection) -> tuple[dict[str, str] | None, list[str]]:
    """Whom it names and which sign-ins (OpenID Connect Back-Channel Logout 1.0, 2.6). Raises AnswerRefused."""
    provider = providers.of(connection)
    with web.patience(connection.slug):
        claims = id_token.read(token, provider=provider, required=REQUIRED)
    _check(claims)
    issued = datetime.fromtimestamp(claims["iat"], UTC)
    replay.spend(connection, claims["jti"], until=issued + 2 * LONGEST)
    subject, sid = claims.get("sub"), claims.get("sid")
    return ({"value": subject} if subject else None), ([sid] if sid else [])


def _check(claims: dict[str, Any]) -> None:
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise AnswerRefused("no-logout-token")
    # That one is an ID token, which somebody wants to use a second time.
    if "nonce" in claims:
        raise AnswerRefused("nonce")
    named = [claims[name] for name in ("sub", "sid") if name in claims]
    if not named or not all(isinstance(value, str) and value for value in [*named, claims["jti"]]):
        raise AnswerRefused("nobody-named")
    age = datetime.now(UTC) - datetime.fromtimestamp(claims["iat"], UTC)
    if age > LONGEST:
        raise AnswerRefused("too-old")
