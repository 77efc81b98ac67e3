"""The site's own name and addresses, taken from settings and never from a request."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def absolute(path: str) -> str:
    """The full address of a path, for mail and metadata: a forged Host header cannot reach it."""
    return f"{settings.BASE_URL}{path}"


def context(request: HttpRequest) -> dict[str, Any]:
    """What every template may say about the site."""
    return {
        "site_name": settings.SITE_NAME,
        "development_pages": settings.DEVELOPMENT_PAGES,
        "has_languages": len(settings.LANGUAGES) > 1,
    }
