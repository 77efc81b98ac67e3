import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.test import Client

from sso.social import directory
from sso.social.configuration import Kind, Provider
from tests.machines.rogue_provider import CLIENT_ID, SECRET, Person, RogueProvider

CALLBACK = "/account/with/acme/callback/"
# Providers in these moods keep people waiting for as long as the site lets them.
SLOW = ("hang", "drip", "drip_headers")


@pytest.fixture(scope="session")
def running() -> Iterator[RogueProvider]:
    with RogueProvider() as rogue:
        yield rogue


@pytest.fixture
def rogue(running: RogueProvider) -> Iterator[RogueProvider]:
    """Well-behaved at the start of each test."""
    fresh = RogueProvider()
    for name in ("moods", "metadata", "keys", "github", "codes", "requests"):
        setattr(running, name, getattr(fresh, name))
    directory.forget()
    yield running
    directory.forget()


@pytest.fixture
def acme(rogue: RogueProvider, settings: Any) -> Provider:
    """Offered by the site, and believed about acme.example."""
    provider = Provider(
        slug="acme",
        name="Acme",
        kind=Kind.OPENID,
        issuer=rogue.url,
        client_id=CLIENT_ID,
        secret=SECRET,
        trusted_domains=frozenset({"acme.example"}),
    )
    settings.SOCIAL_PROVIDERS = [provider]
    return provider


@pytest.fixture
def github(rogue: RogueProvider, acme: Provider, settings: Any) -> Provider:
    provider = replace(acme, slug="github", name="GitHub", kind=Kind.GITHUB, proves_time=False)
    settings.SOCIAL_PROVIDERS = [provider]
    return provider


def dora(**claims: Any) -> Person:
    """Somebody new here, whose mailbox Acme runs."""
    said = {"sub": "dora-1", "email": "dora@acme.example", "email_verified": True, "name": "Dora Dean"}
    return Person(claims={**said, **claims})


def destination(response: Any) -> str:
    """Where the page sends the browser."""
    assert response.status_code == 200, response
    found = re.search(r'content="0; url=([^"]+)"', response.text)
    assert found, response.text
    return unescape(found[1])


def leave(client: Client, path: str = "/account/with/acme/", **data: str) -> str:
    return destination(client.post(path, data))


def arrive(
    client: Client, rogue: RogueProvider, person: Person, path: str = "/account/with/acme/", **data: str
) -> Any:
    """There and back again."""
    address = leave(client, path, **data)
    query = rogue.authorize(address, person)
    slug = path.rstrip("/").rpartition("/")[2]
    return client.get(f"/account/with/{slug}/callback/", query)
