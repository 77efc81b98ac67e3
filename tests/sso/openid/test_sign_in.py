"""There and back again, and what the provider may say meanwhile."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Session, User
from audit.actions import Action
from audit.models import Event
from orgs.models import Membership, Organization
from sso.models import Connection
from tests.machines.rogue_provider import STRANGE_KEY, RogueProvider
from tests.sso.conftest import dora
from tests.sso.openid.conftest import EVENT, logout_token, sign_in

pytestmark = pytest.mark.django_db
MINE = "dora@acme.example"


def logout(client: Client, token: str) -> Any:
    return client.post("/sso/openid/acme-id/logout/", {"logout_token": token})


def reasons() -> list[str]:
    return [event.data["reason"] for event in Event.objects.filter(action=Action.SIGN_IN_REFUSE)]


def test_somebody_new_becomes_a_member(client: Client, rogue: RogueProvider, connection: Connection) -> None:
    # Many providers of organizations never say whether an address is verified: the proved domain decides.
    found = sign_in(client, rogue, dora(email_verified=None), next="/account/sessions/")
    assert (found.status_code, found["Location"]) == (302, "/account/sessions/")
    user = User.objects.get(email=MINE)
    assert user.name == "Dora Dean"
    assert Membership.objects.of(connection.organization).filter(user=user).exists()
    assert Session.objects.of(user).get().methods == "sso"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"email": "dora@elsewhere.example"}, "domain-of-another"),
        ({"email": "not an address"}, "address"),
        ({"email": "döra@acme.example"}, "address"),
        ({"nonce": "another"}, "nonce"),
        ({"aud": "somebody-else"}, "id-token-InvalidAudienceError"),
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"sub": 7}, "id-token-InvalidSubjectError"),
        ({"name": "x" * 200}, "value"),
    ],
)
def test_what_is_not_right_signs_nobody_in(
    client: Client, rogue: RogueProvider, connection: Connection, claims: dict[str, Any], reason: str
) -> None:
    assert sign_in(client, rogue, dora(**claims)).status_code == 400
    assert reasons() == [reason]
    assert not User.objects.filter(email=MINE).exists()


def test_another_key_signs_nobody_in(client: Client, rogue: RogueProvider, connection: Connection) -> None:
    person = dora()
    person.key = STRANGE_KEY
    assert sign_in(client, rogue, person).status_code == 400


def test_an_answer_counts_in_the_browser_that_asked(rogue: RogueProvider, connection: Connection) -> None:
    page = Client().get("/sso/openid/acme-id/login/")
    answer = rogue.authorize(page["Location"], dora())
    assert Client().get("/sso/openid/acme-id/callback/", answer).status_code == 400


def test_a_provider_that_is_away_says_so_soon(
    client: Client, rogue: RogueProvider, connection: Connection
) -> None:
    rogue.moods["/.well-known/openid-configuration"] = 500
    assert client.get("/sso/openid/acme-id/login/").status_code == 503


@pytest.mark.parametrize("off", ["connection", "organization"])
def test_what_is_switched_off_lets_nobody_in(
    client: Client, rogue: RogueProvider, connection: Connection, off: str
) -> None:
    page = client.get("/sso/openid/acme-id/login/")
    answer = rogue.authorize(page["Location"], dora())
    if off == "connection":
        Connection.across_organizations.update(is_active=False)
    else:
        Organization.objects.update(status="suspended")
    assert client.get("/sso/openid/acme-id/login/").status_code == 400
    assert client.get("/sso/openid/acme-id/callback/", answer).status_code == 400
    assert not User.objects.filter(email=MINE).exists()


@pytest.mark.parametrize("names", [{"sub": "dora-1"}, {"sid": "s-1"}, {"sub": "dora-1", "sid": "s-1"}])
def test_the_provider_ends_what_it_names(
    client: Client, rogue: RogueProvider, connection: Connection, names: dict[str, str]
) -> None:
    sign_in(client, rogue, dora(sid="s-1"))
    assert logout(Client(), logout_token(rogue, **names)).status_code == 200
    assert client.get("/account/").status_code == 302


@pytest.mark.parametrize("names", [{"sub": "other"}, {"sid": "s-2"}, {"sub": "dora-1", "sid": "s-2"}])
def test_it_ends_nothing_else(
    client: Client, rogue: RogueProvider, connection: Connection, names: dict[str, str]
) -> None:
    sign_in(client, rogue, dora(sid="s-1"))
    assert logout(Client(), logout_token(rogue, **names)).status_code == 200
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"events": None},
        {"events": {"http://elsewhere.example/event": {}}},
        {"events": {EVENT: "yes"}},
        {"nonce": "n"},
        {"sub": None},
        {"jti": None},
        {"iat": 1_700_000_000},
        {"exp": 1_700_000_000},
        {"aud": "somebody-else"},
        {"iss": "https://elsewhere.example"},
    ],
)
def test_a_wrong_token_ends_nothing(
    client: Client, rogue: RogueProvider, connection: Connection, claims: dict[str, Any]
) -> None:
    sign_in(client, rogue, dora(sid="s-1"))
    found = logout(Client(), logout_token(rogue, **{"sub": "dora-1", **claims}))
    assert (found.status_code, found.json()) == (400, {"error": "invalid_request"})
    assert client.get("/account/").status_code == 200


def test_a_token_counts_once(client: Client, rogue: RogueProvider, connection: Connection) -> None:
    token = logout_token(rogue, sub="dora-1")
    assert [logout(Client(), token).status_code for _ in range(2)] == [200, 400]
