"""Which limits guard which door; the numbers stand in settings.RATE_LIMITS."""

from django.http import HttpRequest

from accounts.addresses import canonical
from accounts.sign_in import browsers, lockout
from core import client, ratelimit


def before_password(request: HttpRequest, *, account: str) -> None:
    """Counted before the password is looked at, alike for names that exist and names that do not.

    A browser in which this account was signed in before has a limit of its own: nobody else can use it up.
    """
    address, name = client.address(request), canonical(account)
    browser = browsers.known_to(request, name)
    if browser is not None:
        ratelimit.enforce("sign-in.browser", str(browser.pk), on_error="deny")
        return
    lockout.refuse_if_locked(request, name)
    # From narrow to wide: what a narrow limit refuses must not use up what everybody shares.
    ratelimit.enforce("sign-in.account-from-address", f"{name} {client.network(address)}", on_error="deny")
    ratelimit.enforce("sign-in.address", address, on_error="deny")
    ratelimit.enforce("sign-in.account", name, on_error="deny")
    ratelimit.enforce("sign-in.everyone", on_error="deny")


def before_sign_up(request: HttpRequest) -> None:
    ratelimit.enforce("sign-up.address", client.address(request), on_error="allow")
    ratelimit.enforce("sign-up.everyone", on_error="allow")


def before_code(request: HttpRequest) -> None:
    ratelimit.enforce("code.address", client.address(request), on_error="deny")


def before_reset(request: HttpRequest) -> None:
    ratelimit.enforce("reset.address", client.address(request), on_error="allow")


def may_mail(request: HttpRequest, *, address: str) -> bool:
    """Silently no more than a few: the page says the same either way, and the earlier mails still work."""
    by_client = ratelimit.hit("verification-mail.address", client.address(request), on_error="allow")
    by_account = ratelimit.hit("verification-mail.account", address, on_error="allow")
    return by_client.allowed and by_account.allowed


def before_mail(request: HttpRequest) -> None:
    """Whoever asks for codes to sign in with; what one network may send to others' mailboxes."""
    ratelimit.enforce("sign-in-mail.address", client.address(request), on_error="allow")


def may_mail_code(*, address: str) -> bool:
    return ratelimit.hit("sign-in-mail.account", address, on_error="allow").allowed


def may_mail_reset(*, address: str) -> bool:
    return ratelimit.hit("reset-mail.account", address, on_error="allow").allowed
