"""Headers that every response carries, beside the policy of pages, which django-csp writes.

Of pages Django's SecurityMiddleware writes some of them as well, by the same settings; the API goes without it
(docs/decisions/0011-lean-endpoints.md).
"""

from collections.abc import Callable, Mapping

from csp.constants import HEADER
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.http.response import ResponseHeaders

from core.errors import JSON_TYPE

# Of an answer in JSON nothing is ever loaded or run, whoever opens it in a browser.
POLICY_OF_DATA = "default-src 'none'; frame-ancestors 'none'"

PERMISSIONS_POLICY = (
    ", ".join(
        f"{feature}=()"
        for feature in ("accelerometer", "camera", "geolocation", "gyroscope", "microphone", "payment", "usb")
    )
    + ", publickey-credentials-get=(self), publickey-credentials-create=(self)"
)


class Prepared:
    """Headers that are checked once: Django looks at each letter of each of them whenever it is given one.

    For that it reaches into where Django keeps them (`_store`); tests of every header notice if that moves.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._store: dict[str, tuple[str, str]] = dict(vars(ResponseHeaders(headers))["_store"])

    def add_to(self, response: HttpResponseBase) -> None:
        """Whichever a view has not set."""
        store = vars(response.headers)["_store"]
        for lowered, header in self._store.items():
            store.setdefault(lowered, header)


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.always = Prepared(
            {
                "X-Content-Type-Options": "nosniff",
                "Permissions-Policy": PERMISSIONS_POLICY,
                "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
                "Cross-Origin-Resource-Policy": "same-origin",
                "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
                # Pages differ by person; files under /static/ set their own lifetime.
                "Cache-Control": "no-store",
            }
        )
        self.of_data = Prepared({HEADER: POLICY_OF_DATA})
        self.when_secure = Prepared(_transport_security())

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if JSON_TYPE.match(response.headers.get("Content-Type", "")):
            self.of_data.add_to(response)
        if request.is_secure():
            self.when_secure.add_to(response)
        self.always.add_to(response)
        return response


def _transport_security() -> dict[str, str]:
    if not settings.SECURE_HSTS_SECONDS:
        return {}
    words = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        words.append("includeSubDomains")
    if settings.SECURE_HSTS_PRELOAD:
        words.append("preload")
    return {"Strict-Transport-Security": "; ".join(words)}
