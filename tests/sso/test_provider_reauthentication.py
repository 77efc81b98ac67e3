"""People without a password show at their provider that it is still them."""

import time
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from accounts.models import Session, User
from audit.actions import Action
from audit.models import Event
from sso.social.configuration import Kind, Provider
from tests.conftest import forget_when
from tests.machines.rogue_provider import RogueProvider
from tests.sso.conftest import arrive, dora, leave
from tests.sso.test_connections import PAGE, remove

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acme")]
CONFIRM = "/account/reauthenticate/provider/acme/"


@pytest.fixture
def stale(client: Client, rogue: RogueProvider, settings: Any) -> Client:
    """In since a while, with nothing but Acme."""
    arrive(client, rogue, dora())
    forget_when(client, settings.REAUTHENTICATION_TIMEOUT.total_seconds() + 1)
    return client


def is_fresh(client: Client) -> bool:
    return "reauthenticate" not in client.post("/account/connections/acme/").get("Location", "")


def test_the_way_is_offered_and_leads_back(stale: Client, rogue: RogueProvider) -> None:
    page = stale.post("/account/connections/remove/", follow=True).text
    assert "Sign in again with Acme" in page
    assert f"/account/reauthenticate/provider/?next={'%2Faccount%2Fconnections%2F'}" in page
    assert 'value="/account/connections/"' in stale.get(f"/account/reauthenticate/provider/?next={PAGE}").text
    assert arrive(stale, rogue, dora(), CONFIRM, next=PAGE)["Location"] == PAGE
    assert is_fresh(stale)


def test_it_asks_the_provider_for_a_new_sign_in(stale: Client) -> None:
    asked = dict(parse_qsl(urlsplit(leave(stale, CONFIRM)).query))
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")


@pytest.mark.parametrize(
    ("kind", "path", "prompt"),
    [
        (Kind.OPENID, CONFIRM, "login"),
        (Kind.MICROSOFT, CONFIRM, "login"),
        (Kind.GOOGLE, CONFIRM, "select_account"),
        (Kind.OPENID, "/account/connections/acme/", None),
        (Kind.MICROSOFT, "/account/connections/acme/", "select_account"),
        (Kind.GOOGLE, "/account/connections/acme/", "select_account"),
        (Kind.GOOGLE, "/account/with/acme/", None),
    ],
)
def test_each_is_asked_in_words_that_it_knows(
    as_alice: Client, acme: Provider, settings: Any, kind: Kind, path: str, prompt: str | None
) -> None:
    settings.SOCIAL_PROVIDERS = [replace(acme, kind=kind)]
    asked = dict(parse_qsl(urlsplit(leave(as_alice, path)).query))
    assert asked.get("prompt") == prompt
    assert len(asked["nonce"]) == 43


def test_it_is_noted_and_the_key_changes(stale: Client, rogue: RogueProvider) -> None:
    before = Session.objects.get(user__isnull=False).pk
    arrive(stale, rogue, dora(), CONFIRM)
    assert Session.objects.get(user__isnull=False).pk != before
    assert Event.objects.get(action=Action.REAUTHENTICATE).data == {"method": "socialaccount"}
    record = stale.session["account_authentication_methods"][-1]
    assert (record["reauthenticated"], record["provider"]) == (True, "acme")


def test_another_account_there_proves_nothing(stale: Client, rogue: RogueProvider) -> None:
    response = arrive(stale, rogue, dora(sub="mallory"), CONFIRM)
    assert response.status_code == 403
    assert not is_fresh(stale)
    assert Event.objects.get(action=Action.CONNECTION_REFUSE).data["reason"] == "not-connected"


@pytest.mark.parametrize("at", [-3600, 3600, None, "now", True])
def test_a_sign_in_of_earlier_proves_nothing(stale: Client, rogue: RogueProvider, at: Any) -> None:
    when = int(time.time()) + at if isinstance(at, int) and not isinstance(at, bool) else at
    assert arrive(stale, rogue, dora(auth_time=when), CONFIRM).status_code == 400
    assert not is_fresh(stale)


@pytest.mark.parametrize(("at", "status"), [(None, 302), (-3600, 400)])
def test_one_that_cannot_tell_the_time_is_believed_unless_it_does(
    stale: Client, rogue: RogueProvider, acme: Provider, settings: Any, at: int | None, status: int
) -> None:
    settings.SOCIAL_PROVIDERS = [replace(acme, proves_time=False)]
    when = None if at is None else int(time.time()) + at
    assert arrive(stale, rogue, dora(auth_time=when), CONFIRM).status_code == status


def test_strangers_cannot_even_begin(client: Client) -> None:
    assert client.post(CONFIRM)["Location"].startswith("/account/login/")


def test_who_has_no_connection_is_not_offered_it(as_alice: Client) -> None:
    assert "Acme" not in as_alice.get("/account/reauthenticate/").text
    assert "Continue with" not in as_alice.get("/account/reauthenticate/provider/").text


def test_a_sign_in_is_not_taken_for_a_confirmation(stale: Client, rogue: RogueProvider) -> None:
    """The answer that an ordinary sign-in got, without a fresh look at the person, does not refresh the session."""
    arrive(stale, rogue, dora())
    assert not is_fresh(stale)


def test_afterwards_the_page_works(stale: Client, rogue: RogueProvider) -> None:
    arrive(stale, rogue, dora(), CONFIRM)
    user = User.objects.get()
    user.set_unusable_password()
    assert "only way into your account" in remove(stale).text
