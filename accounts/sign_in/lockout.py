"""Failures per account and network, counted by django-axes: the one place that touches it.

Its check, its signals and its table are used; what it would store of a request (forms, user agents, names in clear)
is not. A lock ends by itself, is never made longer by trying, and says nothing about whether the account exists.
"""

import ipaddress
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.addresses import canonical
from accounts.flows import mail_requests
from accounts.models import Lock, MailRequest, User
from accounts.sign_in import browsers
from audit import log
from audit.actions import Action, Outcome
from core import client, crypto, errors, ratelimit
from core.client import Facts

# Counts one failure, or starts again when the last one is too long ago to matter.
COUNT = """
INSERT INTO axes_accessattempt AS counted
  (username, ip_address, user_agent, http_accept, path_info, get_data, post_data, attempt_time, failures_since_start)
VALUES (%(username)s, %(ip_address)s, '', '', '', '', '', now(), 1)
ON CONFLICT (username, ip_address, user_agent) DO UPDATE SET attempt_time = now(), failures_since_start =
  CASE WHEN counted.attempt_time < %(forgotten)s THEN 1 ELSE counted.failures_since_start + 1 END
RETURNING failures_since_start
"""


class LockedOut(errors.TooMany):
    code = "locked_out"
    title = _("Too many wrong passwords")
    hint = _(
        "If there is an account with this address, its owner has a mail from us with a way around the wait."
    )

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.detail = f"{self.detail} {self.hint}"


class Handler(AxesDatabaseHandler):  # type: ignore[misc]
    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        row = _attempt(request, _account(credentials))
        return row.failures_since_start if row else 0

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        if (
            request is None
            or self.is_whitelisted(request, credentials)
            or self.is_locked(request, credentials)
        ):
            return
        with connection.cursor() as cursor:
            cursor.execute(COUNT, {**_key(request, _account(credentials)), "forgotten": _forgotten()})
            failures = cursor.fetchone()[0]
        if failures == settings.AXES_FAILURE_LIMIT:
            _tell(request, _account(credentials))

    def user_logged_in(self, sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        forgive(request, user)

    def user_logged_out(self, sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
        """Nothing is kept about a sign-out."""


def refuse_if_locked(request: HttpRequest, account: str) -> None:
    row = _attempt(request, account)
    if row is not None and row.failures_since_start >= settings.AXES_FAILURE_LIMIT:
        left = row.attempt_time + settings.AXES_COOLOFF_TIME - timezone.now()
        raise LockedOut(max(1, round(left.total_seconds())))


def forgive(request: HttpRequest, user: User) -> None:
    """They are in: what was mistyped on the way counts no more."""
    # A browser that is known is not counted, so there is nothing to end for it.
    if not is_exempt(request, {"email": user.email}) and _attempt(request, user.email) is not None:
        AccessAttempt.objects.filter(**_key(request, user.email)).delete()


def release(user: User) -> int:
    """Ends every lock of this person, by whichever of their addresses; answers how many there were."""
    return int(AccessAttempt.objects.filter(username__in=_names_of(user)).delete()[0])


def named(account: str) -> str:
    """Under which name an address is counted, for whoever looks for it: nobody gets from the one to the other."""
    return _name(canonical(account))


def now() -> QuerySet[Lock]:
    """Those that keep somebody out at this moment."""
    rows: QuerySet[Lock] = Lock.objects.filter(
        attempt_time__gte=_forgotten(), failures_since_start__gte=settings.AXES_FAILURE_LIMIT
    )
    return rows


def end(lock: Lock, *, actor: User, facts: Facts) -> bool:
    """One of them, whoever's it is: for many accounts there is nobody."""
    with transaction.atomic():
        ended = bool(AccessAttempt.objects.filter(pk=lock.pk).delete()[0])
        if ended:
            where = {"network": lock.ip_address}
            log.record(Action.SIGN_IN_UNLOCK, actor=actor.public_id, facts=facts, personal=where)
    return ended


def locks_of(user: User) -> int:
    """By any of their addresses, also one that is merely claimed: they may be trying with it."""
    claimed = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    return locks_on({user.email, *claimed})


def locks_on(addresses: Iterable[str]) -> int:
    return int(now().filter(username__in=[_name(address) for address in addresses]).count())


def prune() -> int:
    return int(AccessAttempt.objects.filter(attempt_time__lt=_forgotten()).delete()[0])


# --- What settings.AXES_* name --------------------------------------------------------------------


def username_of(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    return _name(_account(credentials))


def network_of(request: HttpRequest) -> str:
    """The address, or of IPv6 the first one of the network that a client is given."""
    network = ipaddress.ip_network(client.network(client.address(request)), strict=False)
    return str(network.network_address)


def is_exempt(request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
    return browsers.known_to(request, _account(credentials)) is not None


def respond(request: HttpRequest, *args: Any) -> HttpResponse:
    """For a password check that did not go through the sign-in's own door, and was refused by axes itself."""
    return errors.respond(request, LockedOut(round(settings.AXES_COOLOFF_TIME.total_seconds())))


def _tell(request: HttpRequest, account: str) -> None:
    """The owner, if there is one, which a worker finds out: the page knows nothing of it and takes no longer."""
    with transaction.atomic():
        log.record(
            Action.SIGN_IN_LOCK,
            outcome=Outcome.REFUSED,
            facts=client.facts(request),
            personal={"email": account},
        )
        if ratelimit.hit("lockout-mail.account", account, on_error="allow").allowed:
            mail_requests.ask(MailRequest.Kind.LOCKED_OUT, request=request, email=account)


def _attempt(request: HttpRequest, account: str) -> AccessAttempt | None:
    """Looked up once a request: our door and axes' own check ask the same within a moment."""
    seen: dict[str, AccessAttempt | None] = vars(request).setdefault("lockout_attempts", {})
    if account not in seen:
        chosen = AccessAttempt.objects.filter(**_key(request, account), attempt_time__gte=_forgotten())
        seen[account] = chosen.first()
    return seen[account]


def _key(request: HttpRequest, account: str) -> dict[str, str]:
    return {"username": _name(account), "ip_address": network_of(request)}


def _forgotten() -> datetime:
    return timezone.now() - settings.AXES_COOLOFF_TIME


def _account(credentials: dict[str, Any] | None) -> str:
    given = credentials or {}
    return canonical(str(given.get("email") or given.get("username") or ""))


def _names_of(user: User) -> list[str]:
    proved = EmailAddress.objects.filter(user=user, verified=True)
    return [_name(address) for address in {user.email, *proved.values_list("email", flat=True)}]


def _name(account: str) -> str:
    """Keyed: what people type as their name may be their password."""
    return crypto.mac(account.encode("utf-8", "replace"), purpose="lockout").hex()
