"""The authenticator app: a secret shared once, and from then on a code that is good for half a minute and once."""

import base64
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core import crypto
from core.client import Facts
from mfa import codes
from mfa.ceremonies import Purpose
from mfa.forms import AppCodeForm, CodeForm
from mfa.models import Authenticator

NAME = "app"
METHOD = "totp"
IS_BACKUP = False
RESISTS_PHISHING = False
AT_MOST = 10
# In the session: a secret that is shown and not confirmed yet, sealed for one person.
PENDING = "pending_authenticator"
PENDING_LIFETIME = timedelta(minutes=15)


def label() -> str:
    return _("authenticator app")


def title() -> str:
    return _("Enter the code of your app")


def hint() -> str:
    return _("Your authenticator app shows six digits for this site, new ones every half minute.")


def offer() -> str:
    return _("Use an authenticator app")


def set_up() -> str:
    return _("Set up an authenticator app")


def advice() -> str:
    return _("An app on your phone, or your password manager, shows codes for this site.")


def form(data: Any = None) -> CodeForm:
    return AppCodeForm(data)


def of(user: User) -> "QuerySet[Authenticator]":
    return Authenticator.objects.filter(user=user).order_by("pk")


def question(user: User, purpose: Purpose) -> None:
    """A person types it."""


def rows(user: User) -> "QuerySet[Authenticator]":
    return of(user)


def check(*, user: User, typed: str, facts: Facts, purpose: Purpose) -> bool:
    code, now = codes.normal(typed), timezone.now()
    if code is None:
        return False
    return any(app.accepts(code, at=now) for app in of(user).select_for_update())


# --- Adding one -----------------------------------------------------------------------------------


def begin(session: SessionBase, user: User) -> str:
    """A fresh secret, or the one that this session shows already: a mistyped code changes no QR code."""
    secret = pending(session, user)
    if secret is None:
        secret = codes.new_secret()
        sealed = crypto.encrypt(secret.encode(), context=_context(user))
        until = time.time() + PENDING_LIFETIME.total_seconds()
        session[PENDING] = {"sealed": base64.b64encode(sealed).decode(), "until": until}
    return secret


def pending(session: SessionBase, user: User) -> str | None:
    kept = session.get(PENDING)
    if kept is None or kept["until"] < time.time():
        return None
    try:
        return crypto.decrypt(base64.b64decode(kept["sealed"]), context=_context(user)).decode()
    except crypto.DecryptionError:
        # Another person's, or of a key that is gone.
        return None


def address(secret: str, user: User) -> str:
    return codes.address(secret, issuer=settings.SITE_NAME, account=user.email)


def add(*, user: User, secret: str, typed: str, name: str) -> Authenticator | None:
    """None if the code is not that of this secret. The code is spent with it, and so is the secret."""
    code, now = codes.normal(typed), timezone.now()
    apps = list(of(user).select_for_update())
    if code is None or len(apps) >= AT_MOST or any(app.secret == secret for app in apps):
        return None
    step = codes.step_of(code, secret=secret, at=now.timestamp(), after=-1)
    if step is None:
        return None
    return Authenticator.objects.create(user=user, name=name or default_name(), secret=secret, last_step=step)


def default_name() -> str:
    return _("Authenticator app")


# --- Changing those there are ---------------------------------------------------------------------


def rename(*, user: User, pk: int, name: str) -> bool:
    return bool(of(user).filter(pk=pk).update(name=name))


def remove(*, user: User, pk: int) -> str | None:
    """Answers what it was called."""
    app = of(user).filter(pk=pk).first()
    if app is None:
        return None
    app.delete()
    return str(app.name)


def end(user: User, *, since: datetime | None = None) -> int:
    rows = of(user)
    return (rows if since is None else rows.filter(created_at__gte=since)).delete()[0]


def _context(user: User) -> str:
    return f"mfa.pending:{user.public_id}"
