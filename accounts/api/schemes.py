"""How programs prove who they are, in the words of OpenAPI."""

from typing import Any

from django.conf import settings

from accounts.api.scopes import Credential

BEARER = {
    Credential.SIGN_IN: ("accessToken", "JWT", "The access token of a person's sign-in."),
    Credential.KEY: ("apiKey", "idk_…", "A person's API key."),
    Credential.SERVICE: ("serviceToken", "JWT", "The access token of an organization's service account."),
}
# Instead of what a body can bring, or of a token.
BASIC, COOKIE = "clientBasic", "refreshCookie"


def every() -> dict[str, dict[str, Any]]:
    bearers = {
        name: {"type": "http", "scheme": "bearer", "bearerFormat": form, "description": text}
        for name, form, text in BEARER.values()
    }
    basic = {
        "type": "http",
        "scheme": "basic",
        "description": (
            "The client_id and the secret of a service account, each encoded as in a form (RFC 6749, § 2.3.1)."
        ),
    }
    cookie = {
        "type": "apiKey",
        "in": "cookie",
        "name": settings.REFRESH_COOKIE_NAME,
        "description": (
            "The refresh token of a page in a browser (`transport`: `cookie`). The header X-CSRFToken has to come "
            "along."
        ),
    }
    return {**bearers, BASIC: basic, COOKIE: cookie}
