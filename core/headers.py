"""Headers that every response carries, beside the policy of pages, which django-csp writes.

Of pages Django's SecurityMiddleware writes some of them as well, by the same settings; the API goes without it
(docs/decisions/0011-lean-endpoints.md).
"""

from collections.abc import Callable

from csp.constants import HEADER
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

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


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.always = {
            "X-Content-Type-Options": "nosniff",
            "Permissions-Policy": PERMISSIONS_POLICY,
            "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
            # Pages differ by person; files under /static/ set their own lifetime.
            "Cache-Control": "no-store",
        }
        self.when_secure = _transport_security()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if JSON_TYPE.match(response.headers.get("Content-Type", "")):
            response.headers.setdefault(HEADER, POLICY_OF_DATA)
        if self.when_secure and request.is_secure():
            response.headers.setdefault("Strict-Transport-Security", self.when_secure)
        for name, value in self.always.items():
            response.headers.setdefault(name, value)
        return response


def _transport_security() -> str:
    if not settings.SECURE_HSTS_SECONDS:
        return ""
    words = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        words.append("includeSubDomains")
    if settings.SECURE_HSTS_PRELOAD:
        words.append("preload")
    return "; ".join(words)
