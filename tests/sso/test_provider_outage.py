"""A provider that is away, slow or talks nonsense is told as such within seconds, and breaks nothing else."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audit.actions import Action
from audit.models import Event
from sso.social import directory, web
from sso.social.configuration import Provider
from tests.conftest import sign_in
from tests.machines.rogue_provider import RogueProvider
from tests.sso.conftest import CALLBACK, SLOW, arrive, dora, leave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acme")]
MOODS: list[int | str] = [500, 503, 302, 404, "garbage", "list", "deep", "huge", *SLOW]


@pytest.fixture(autouse=True)
def _time_limit() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < 7, "people waited for more than five seconds"


@pytest.mark.parametrize("mood", MOODS)
def test_at_the_start(client: Client, rogue: RogueProvider, mood: int | str) -> None:
    rogue.moods["/.well-known/openid-configuration"] = mood
    # What the first request of a process takes is not the provider's fault.
    client.get("/account/login/")
    started = time.monotonic()
    response = client.post("/account/with/acme/")
    assert time.monotonic() - started < 5
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "does not answer" in response.text


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("path", ["/token", "/keys", "/userinfo"])
def test_on_the_way_back(
    client: Client, rogue: RogueProvider, settings: Any, path: str, mood: int | str
) -> None:
    rogue.moods[path] = mood
    person = dora(email=None)
    person.userinfo = dict(dora().claims)
    query = rogue.authorize(leave(client), person)
    if mood in SLOW:
        # The whole of it is waited for at the start, above.
        settings.SOCIAL_PROVIDER_PATIENCE = 0.5
    started = time.monotonic()
    response = client.get(CALLBACK, query)
    assert time.monotonic() - started < settings.SOCIAL_PROVIDER_PATIENCE + 1
    assert response.status_code in (400, 503)
    assert not User.objects.exists()
    assert Event.objects.get().action == Action.SIGN_IN_REFUSE


def test_one_that_does_not_exist(client: Client, settings: Any, acme: Provider) -> None:
    settings.SOCIAL_PROVIDERS = [replace(acme, issuer="http://127.0.0.1:9")]
    assert client.post("/account/with/acme/").status_code == 503


def test_others_get_in_meanwhile(client: Client, rogue: RogueProvider, alice: User) -> None:
    rogue.moods["/.well-known/openid-configuration"] = 500
    client.post("/account/with/acme/")
    assert "Continue with Acme" in client.get("/account/login/").text
    assert sign_in(client, alice)["Location"] == "/account/"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": ["http://127.0.0.1/"]},
        {"token_endpoint": "http://localhost:5432/"},
        {"token_endpoint": "ftp://127.0.0.1/"},
        {"token_endpoint": "https:///token"},
        {"jwks_uri": "http://169.254.169.254/latest/meta-data/"},
        {"jwks_uri": "https://10.0.0.1/keys"},
        {"jwks_uri": "https://no-such-host.invalid/keys"},
        {"userinfo_endpoint": "http://[::1]:6379/"},
    ],
)
def test_metadata_cannot_lead_elsewhere(
    client: Client, rogue: RogueProvider, metadata: dict[str, Any]
) -> None:
    rogue.metadata = metadata
    assert client.post("/account/with/acme/").status_code == 503
    assert rogue.requests == ["/.well-known/openid-configuration"]


def test_a_redirect_is_not_followed(client: Client, rogue: RogueProvider) -> None:
    rogue.moods["/token"] = 302
    arrive(client, rogue, dora())
    assert "/keys" not in rogue.requests


def test_what_was_known_still_counts_while_it_is_away(
    client: Client, rogue: RogueProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(client, rogue, dora())
    monkeypatch.setattr(directory, "FRESH", 0.0)
    monkeypatch.setattr(directory, "ASK_AGAIN", 0.0)
    rogue.moods |= {"/.well-known/openid-configuration": 500, "/keys": "garbage"}
    assert arrive(Client(), rogue, dora())["Location"] == "/account/"


def test_emptied_keys_do_not_replace_good_ones(
    client: Client, rogue: RogueProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(client, rogue, dora())
    monkeypatch.setattr(directory, "FRESH", 0.0)
    monkeypatch.setattr(directory, "ASK_AGAIN", 0.0)
    rogue.keys = []
    assert arrive(Client(), rogue, dora())["Location"] == "/account/"


def test_but_not_for_ever(client: Client, rogue: RogueProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(client, rogue, dora())
    for name in ("FRESH", "ASK_AGAIN", "LAST_GOOD"):
        monkeypatch.setattr(directory, name, 0.0)
    rogue.moods["/.well-known/openid-configuration"] = 500
    assert Client().post("/account/with/acme/").status_code == 503


def test_it_is_asked_once_an_hour(client: Client, rogue: RogueProvider) -> None:
    for _ in range(3):
        arrive(Client(), rogue, dora())
    assert rogue.requests.count("/.well-known/openid-configuration") == rogue.requests.count("/keys") == 1


@pytest.mark.parametrize(
    ("address", "issuer", "safe"),
    [
        ("https://id.example/token", "https://id.example", True),
        ("https://10.0.0.1/token", "https://10.0.0.1", True),
        ("https://10.0.0.1/token", "https://id.example", False),
        ("https://[fd00::1]/token", "https://id.example", False),
        ("https://93.184.215.14/token", "https://id.example", True),
        ("http://id.example/token", "https://id.example", False),
        ("//id.example/token", "https://id.example", False),
        (None, "https://id.example", False),
    ],
)
def test_an_endpoint_is_safe_or_not(address: Any, issuer: str, safe: bool) -> None:
    assert web.is_safe_endpoint(address, issuer) is safe
