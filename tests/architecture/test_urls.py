"""Every address is either for signed-in people or on the list of public ones, and none is a second way in."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import views as django_views
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

# Each with the reason why nobody has to be signed in.
PUBLIC = {
    "welcome": "what this site is",
    "accounts:signed-out": "the last page of a session",
    "account_login": "the way in",
    "account_signup": "the way in for new people",
    "account_logout": "the way out; without a session it leads to the page after it",
    "account_signup_invited": "opened from a mail, by somebody who has no account yet",
    "account_terms": "a step of signing in",
    "account_inactive": "why somebody cannot come in",
    "account_email_verification_sent": "a step of signing up",
    "account_reset_password": "for whoever cannot sign in",
    "account_reset_password_done": "for whoever cannot sign in",
    "account_reset_password_from_key": "opened from a mail, in whatever browser",
    "account_confirm_email": "opened from a mail, in whatever browser",
    "accounts:choose-language": "for readers of the public pages too",
    "accounts:undo-email-change": "opened from a mail, in whatever browser",
    "accounts:disown-sign-in": "opened from a mail, in whatever browser",
    "accounts:unlock-sign-in": "opened from a mail, by somebody who cannot sign in",
    "accounts:mail-sign-in": "a way in",
    "accounts:mail-sign-in-code": "a way in",
    "accounts:mail-sign-in-link": "opened from a mail, in whatever browser",
    "accounts:locked": "why somebody cannot come in",
    "sso:social-start": "the way in by a provider; only a POST leaves",
    "sso:social-callback": "where providers send people back to",
    "orgs:accept-invitation": "opened from a mail, perhaps by somebody who has no account yet",
    "orgs:other-way": "why somebody cannot come in",
    "mfa:challenge": "a step of signing in",
    "mfa:enrol": "a step of signing in",
    "mfa:enrol-app": "a step of signing in",
    "mfa:enrol-passkey": "a step of signing in",
    "mfa:enrol-codes": "a step of signing in",
    "mfa:enrol-done": "a step of signing in",
    "mfa:passkey-question": "what the sign-in page asks the browser; the same for everybody",
    "mfa:passkey-sign-in": "a way in; the passkey is the proof",
    "mfa:recover": "opened from a mail, by somebody who cannot sign in",
    "mfa:use-reset": "opened from a mail, by somebody who cannot sign in",
    "mfa:cancel-reset": "opened from a mail, in whatever browser",
    "mfa:lost": "for whoever cannot get past it; the same for everybody",
    "tokens:jwks": "public keys are for everybody",
    "core:csp-report": "sent by browsers without being asked",
    "core:mailbox": "development only",
    "core:mail-previews": "development only",
    "core:mail-preview": "development only",
    "core:mailbox-message": "development only",
    "core:mailbox-html": "development only",
    "admin:login": "leads to the way in",
    "admin:jsi18n": "texts for scripts",
}


def patterns(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from patterns(entry, inner)
        else:
            yield f"{namespace}{entry.name}", entry


def is_public(view: Any) -> bool:
    return not getattr(view, "login_required", True)


@pytest.mark.parametrize(("name", "pattern"), list(patterns()))
def test_an_address_is_guarded_or_on_the_public_list(name: str, pattern: URLPattern) -> None:
    assert not is_public(pattern.callback) or name in PUBLIC


def test_the_public_list_names_only_what_exists() -> None:
    assert PUBLIC.keys() - {"admin:jsi18n"} <= {name for name, _pattern in patterns()}


def test_no_stock_sign_in_view_is_reachable() -> None:
    stock = {django_views.LoginView, django_views.PasswordResetConfirmView}
    found = [name for name, pattern in patterns() if getattr(pattern.callback, "view_class", None) in stock]
    assert found == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/account/", "/admin/", "/admin/accounts/user/", "/admin/audit/event/"])
def test_somebody_unknown_is_sent_to_the_one_door(client: Client, path: str) -> None:
    response = client.get(path, follow=True)
    assert response.redirect_chain[-1][0].startswith("/account/login/?next=")
    assert response.status_code == 200
