"""Browsers in which somebody has signed in before: a sign-in from one is no news, and a lockout does not hold there.

The cookie opens nothing by itself: whoever steals it may try as many passwords as any known browser, and no more.
"""

import re
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.models import Browser, User
from core import digests
from core.retention import delete_in_batches

TOUCH_EVERY = timedelta(days=1)
TOKEN = re.compile(r"[-\w]{43}")
# Set on the request once a new browser has been noted; `leave_cookie` hands it over.
NEW_TOKEN = "new_browser_token"  # noqa: S105 - the name of an attribute


def known_to(request: HttpRequest, account: str) -> Browser | None:
    """The row of this browser, if whoever has this address has signed in with it before."""
    token = _token(request)
    if token is None:
        return None
    seen: dict[str, Browser | None] = vars(request).setdefault("browsers_known", {})
    if account not in seen:
        owners = User.objects.with_address(account).values("pk")
        seen[account] = Browser.objects.filter(user__in=owners, digest=digests.of_token(token)).first()
    return seen[account]


def note(request: HttpRequest, user: User) -> tuple[Browser, bool]:
    """Remembers that this person signed in here; whether it is a browser that is new to them.

    The caller holds the person's row: of two sign-ins at once, the second one finds what the first has written.
    """
    token = _token(request)
    known = known_to(request, user.email)
    if token and (known is None or known.user_id != user.pk):
        known = Browser.objects.filter(user=user, digest=digests.of_token(token)).first()
    if known is not None:
        _touch(known)
        return known, False
    # A cookie that we never handed out may have been planted, so that its planter knows it.
    if token is None or not Browser.objects.filter(digest=digests.of_token(token)).exists():
        token = digests.new_token()
        setattr(request, NEW_TOKEN, token)
    return Browser.objects.create(user=user, digest=digests.of_token(token)), True


def prune() -> int:
    forgotten = Browser.objects.filter(last_used_at__lt=timezone.now() - settings.BROWSER_MEMORY)
    return delete_in_batches(forgotten)


def leave_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    token = getattr(request, NEW_TOKEN, None)
    if token is not None:
        response.set_cookie(
            settings.BROWSER_COOKIE_NAME,
            token,
            max_age=int(settings.BROWSER_MEMORY.total_seconds()),
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )


def _touch(browser: Browser) -> None:
    """Once a day is exact enough for what a year decides."""
    now = timezone.now()
    if now - browser.last_used_at > TOUCH_EVERY:
        Browser.objects.filter(pk=browser.pk).update(last_used_at=now)


def _token(request: HttpRequest) -> str | None:
    token = request.COOKIES.get(settings.BROWSER_COOKIE_NAME, "")
    return token if TOKEN.fullmatch(token) else None
