"""The names of allauth's social side that sso/social/engine.py leans on: an upgrade that moves one fails here."""

import inspect
from typing import Any

import pytest
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from django.conf import settings as site
from django.contrib import admin
from django.test import Client, RequestFactory

from sso.social import checks, engine, web
from sso.social.adapter import SocialAdapter


def test_state_is_kept_and_spent_by_allauth() -> None:
    assert {"request", "provider_id", "state_id"} <= inspect.signature(
        statekit.unstash_state
    ).parameters.keys()
    assert statekit.STATE_TTL == 600
    assert statekit.STATES_SESSION_KEY == "socialaccount_states"


def test_the_provider_makes_pkce_and_the_redirect() -> None:
    for name in (
        "redirect",
        "get_pkce_params",
        "get_oauth2_adapter",
        "get_default_scope",
        "stash_redirect_state",
    ):
        assert callable(getattr(OAuth2Provider, name))
    assert engine._Provider.pkce_enabled_default is True


def test_the_adapter_trades_the_code() -> None:
    for name in ("get_client", "get_access_token_data", "get_callback_url"):
        assert callable(getattr(OAuth2Adapter, name))
    assert OAuth2Adapter.access_token_method == "POST"
    assert callable(OAuth2Client.get_access_token)


def test_an_identity_has_one_owner_and_one_key() -> None:
    assert ("provider", "uid") in SocialAccount._meta.unique_together
    assert SocialAccount._meta.get_field("uid").max_length >= 64


def test_allauth_speaks_through_our_session() -> None:
    assert isinstance(get_adapter(), SocialAdapter)
    assert isinstance(get_adapter().get_requests_session(), web.Session)


@pytest.mark.django_db
def test_a_row_in_allauths_table_is_no_provider(client: Client) -> None:
    SocialApp.objects.create(provider="google", name="Planted", client_id="x", secret="y")
    assert get_adapter().list_apps(RequestFactory().get("/")) == []
    assert client.post("/account/with/google/").status_code == 404
    assert "Planted" not in client.get("/account/login/").text


def test_allauths_own_desks_are_closed() -> None:
    assert not {SocialApp} & set(admin.site._registry)
    fields = str(admin.site._registry[SocialAccount].get_fields(RequestFactory().get("/")))
    assert "uid" not in fields


@pytest.mark.django_db
def test_the_administrator_sees_connections(as_admin: Client, alice: Any) -> None:
    row = SocialAccount.objects.create(
        user=alice, provider="acme", uid="x", extra_data={"email": "a@b.example"}
    )
    assert "acme" in as_admin.get("/admin/socialaccount/socialaccount/").text
    assert "a@b.example" in as_admin.get(f"/admin/socialaccount/socialaccount/{row.pk}/change/").text
    assert as_admin.get("/admin/socialaccount/socialaccount/add/").status_code == 403


def test_keeping_tokens_stops_the_start(settings: Any) -> None:
    assert checks.check_no_provider_tokens(None) == []
    settings.SOCIALACCOUNT_STORE_TOKENS = True
    assert [error.id for error in checks.check_no_provider_tokens(None)] == ["sso.E003"]


def test_nothing_is_linked_by_allauths_own_rules() -> None:
    for name in ("EMAIL_AUTHENTICATION", "EMAIL_AUTHENTICATION_AUTO_CONNECT", "LOGIN_ON_GET", "STORE_TOKENS"):
        assert not getattr(site, f"SOCIALACCOUNT_{name}", False)
