"""Every address is either for signed-in people or on the list of public ones, and none is a second way in."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import views as django_views
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from accounts.api.endpoint import METHODS, Endpoint, Operation

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
    "sso:choose": "the way in by an organization; the domain of an address decides, the same for everybody",
    "sso-saml:metadata": "what identity providers read about us",
    "sso-saml:login": "the way in by an organization",
    "sso-saml:acs": "where an organization's provider sends people back to",
    "sso-saml:finish": "where they go on with their own cookies",
    "sso-saml:sls": "where an organization's provider says that somebody signed out",
    "sso-openid:login": "the way in by an organization",
    "sso-openid:callback": "where an organization's provider sends people back to",
    "sso-openid:logout": "where an organization's provider says that somebody signed out",
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
    "api-docs": "what is written about the API",
    "api-docs-shorter": "what is written about the API",
    "api-schema-shorter": "what is written about the API",
    "tokens:jwks": "public keys are for everybody",
    "authzen-configuration": "where programs find the permission checks; the same for everybody",
    "core:favicon": "asked for by browsers on pages that name no icon",
    "core:csp-report": "sent by browsers without being asked",
    "core:mailbox": "development only",
    "core:mail-previews": "development only",
    "core:mail-preview": "development only",
    "core:mailbox-message": "development only",
    "core:mailbox-html": "development only",
    "admin:login": "leads to the way in",
    "admin:jsi18n": "texts for scripts",
}


# The same for the API, which looks at no credential there.
PUBLIC_OPERATIONS = {
    "GET api-schema": "what is written about the API",
    "GET accounts-api:csrf": "what a page needs before it signs somebody in",
    "POST accounts-api:register": "the way in for new people",
    "POST accounts-api:email-verify": "brings what was mailed",
    "POST accounts-api:email-resend": "brings a sign-up that waits",
    "POST accounts-api:password-reset": "for whoever cannot sign in",
    "POST accounts-api:password-reset-confirm": "brings what was mailed",
    "POST accounts-api:login": "the way in",
    "POST accounts-api:login-code": "a way in",
    "POST accounts-api:login-code-confirm": "a way in",
    "POST mfa-api:login-mfa": "brings a sign-in that waits",
    "POST mfa-api:login-mfa-passkey-options": "brings a sign-in that waits",
    "POST mfa-api:login-passkey": "a way in; the passkey is the proof",
    "POST mfa-api:login-passkey-options": "what a program asks the browser; the same for everybody",
    "GET sso-api:login-methods": "which ways in there are; the same for everybody",
    "POST sso-api:login-social": "a way in by a provider",
    "POST sso-api:login-social-options": "what a program needs to leave for a provider; the same for everybody",
    "POST tokens-api:refresh": "brings a refresh token",
    "POST tokens-api:verify": "brings the token that it asks about",
    "POST tokens-api:token": "brings the secret or the assertion of a service account",
    "POST tokens-api:key-report": "by whoever found a key",
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


def endpoints() -> Iterator[tuple[str, type[Endpoint]]]:
    for name, pattern in patterns():
        view = getattr(pattern.callback, "view_class", None)
        if isinstance(view, type) and issubclass(view, Endpoint):
            yield name, view


def test_an_address_is_guarded_or_on_the_public_list() -> None:
    of_the_api = dict(endpoints())
    pages = [(name, pattern) for name, pattern in patterns() if name not in of_the_api]
    assert pages
    assert {name for name, pattern in pages if is_public(pattern.callback)} - PUBLIC.keys() == set()


def operations() -> Iterator[tuple[str, Operation]]:
    for name, view in endpoints():
        for method in METHODS:
            handler = getattr(view, method, None)
            if handler is not None:
                yield f"{method.upper()} {name}", handler.operation


def test_an_operation_of_the_api_wants_a_credential_or_is_on_its_list() -> None:
    found = list(operations())
    assert found
    assert {name for name, declared in found if not declared.access.kinds} - PUBLIC_OPERATIONS.keys() == set()


def test_the_list_of_operations_names_only_public_ones() -> None:
    assert PUBLIC_OPERATIONS.keys() == {name for name, declared in operations() if not declared.access.kinds}


def test_no_other_view_of_drf_is_reachable() -> None:
    ours = {name for name, _view in endpoints()}
    stock = [
        name
        for name, pattern in patterns()
        if name not in ours and issubclass(getattr(pattern.callback, "cls", object), APIView)
    ]
    assert stock == []


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
