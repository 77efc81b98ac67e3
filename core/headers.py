"""Headers that every response carries, beside the policy of pages, which django-csp writes."""

from collections.abc import Callable

from csp.constants import HEADER
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

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if JSON_TYPE.match(response.headers.get("Content-Type", "")):
            response.headers.setdefault(HEADER, POLICY_OF_DATA)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        # Pages differ by person; files under /static/ set their own lifetime.
        response.headers.setdefault("Cache-Control", "no-store")
        return response
