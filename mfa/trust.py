"""Browsers in which a person wants to be spared the second step for a while.

The cookie stands for the second factor of one person, and for nothing else: the password is asked all the same.
"""

import re

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts import access
from accounts.access import AccessEnded, Revocation
from accounts.models import User
from audit import log
from audit.actions import Action
from core import client, digests
from core.client import Facts
from core.retention import delete_in_batches
from mfa.models import TrustedBrowser

TOKEN = re.compile(r"[-\w]{43}")


def is_offered_to(user: User) -> bool:
    """Staff can do more harm: they are asked each time."""
    return not user.is_staff


def knows(request: HttpRequest, user: User) -> bool:
    digest = _digest(request)
    if digest is None or not is_offered_to(user):
        return False
    return bool(of(user).filter(digest=digest).update(last_used_at=timezone.now()))


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Always a new secret: one that somebody planted in this browser beforehand is worth nothing."""
    token, facts, now = digests.new_token(), client.facts(request), timezone.now()
    if not is_offered_to(user):
        return
    with transaction.atomic():
        try:
            access.hold(user)
        except AccessEnded:
            # The sign-in it came with is over as well, and says so.
            return
        TrustedBrowser.objects.filter(user=user, digest=_digest(request) or "").delete()
        TrustedBrowser.objects.create(
            user=user,
            digest=digests.of_token(token),
            device=facts.device[:100],
            expires_at=now + settings.TRUSTED_BROWSER_LIFETIME,
        )
        _note(Action.BROWSER_TRUST, user, facts)
    response.set_cookie(
        settings.TRUSTED_BROWSER_COOKIE_NAME,
        token,
        max_age=int(settings.TRUSTED_BROWSER_LIFETIME.total_seconds()),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def of(user: User) -> "QuerySet[TrustedBrowser]":
    return TrustedBrowser.objects.filter(user=user, expires_at__gt=timezone.now()).order_by("-pk")


def is_this_one(request: HttpRequest, browser: TrustedBrowser) -> bool:
    return browser.digest == _digest(request)


def forget(*, user: User, pk: int, facts: Facts) -> bool:
    with transaction.atomic():
        forgotten, _by_table = TrustedBrowser.objects.filter(user=user, pk=pk).delete()
        if forgotten:
            _note(Action.BROWSER_DISTRUST, user, facts)
    return bool(forgotten)


def end_all(user: User) -> int:
    return TrustedBrowser.objects.filter(user=user).delete()[0]


def end_revoked(revocation: Revocation) -> int:
    """Also the one in use: nothing tells which row is that of the session which stays."""
    return end_all(revocation.user)


def prune() -> int:
    return delete_in_batches(TrustedBrowser.objects.filter(expires_at__lt=timezone.now()))


def _digest(request: HttpRequest) -> str | None:
    token = request.COOKIES.get(settings.TRUSTED_BROWSER_COOKIE_NAME, "")
    return digests.of_token(token) if TOKEN.fullmatch(token) else None


def _note(action: Action, user: User, facts: Facts) -> None:
    log.record(action, actor=user.public_id, person=user.public_id, facts=facts)
