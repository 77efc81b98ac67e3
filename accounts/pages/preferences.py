"""A person's language and time zone, wherever something is written for them: a page, or a mail from a worker."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone, translation

from accounts.models import User


@contextmanager
def applied(user: User) -> Iterator[None]:
    """What they did not choose stays as it is: the browser's language, and UTC."""
    with ExitStack() as stack:
        if user.language:
            stack.enter_context(translation.override(user.language))
        if user.time_zone:
            stack.enter_context(timezone.override(ZoneInfo(user.time_zone)))
        yield


@contextmanager
def of_the_site() -> Iterator[None]:
    """Around mail about what others do, or may have done: what its reader did not choose is the site's, not theirs."""
    with translation.override(settings.LANGUAGE_CODE), timezone.override(None):
        yield


def language_to_keep() -> str:
    """Of the page on which somebody gets an account; nothing where it is the default, which mail has anyway."""
    language = translation.get_language() or ""
    return "" if language == settings.LANGUAGE_CODE else language


def leave_language_cookie(response: HttpResponse, language: str) -> None:
    """For the pages that this browser sees before anybody signs in."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=int(settings.BROWSER_MEMORY.total_seconds()),
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
