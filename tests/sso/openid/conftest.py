"""Acme's people sign in at an OpenID provider of its own."""

import time
from typing import Any

import jwt
import pytest
from django.test import Client

from orgs.models import Domain
from sso.models import Connection, Rank
from tests.machines.rogue_provider import CLIENT_ID, KEY, SECRET, Person, RogueProvider
from tests.sso.saml.conftest import acme_org, globex  # noqa: F401 - fixtures

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def connection(rogue: RogueProvider, acme_org: Any) -> Connection:  # noqa: F811
    Domain.across_organizations.create(
        organization=acme_org, name="acme.example", challenge="x", verified_at="2026-01-01T00:00:00Z"
    )
    return Connection.across_organizations.create(
        organization=acme_org,
        kind="openid",
        slug="acme-id",
        name="Acme ID",
        issuer=rogue.url,
        client_id=CLIENT_ID,
        client_secret=SECRET,
        opens_up_to=Rank.SITE,
    )


def sign_in(client: Client, rogue: RogueProvider, person: Person, **query: str) -> Any:
    page = client.get("/sso/openid/acme-id/login/", query)
    assert page.status_code == 302
    return client.get("/sso/openid/acme-id/callback/", rogue.authorize(page["Location"], person))


def logout_token(rogue: RogueProvider, **claims: Any) -> str:
    now = int(time.time())
    said = {
        "iss": rogue.url,
        "aud": CLIENT_ID,
        "iat": now,
        "exp": now + 60,
        "jti": f"jti-{time.time_ns()}",
        "events": {EVENT: {}},
        **claims,
    }
    told = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(told, KEY, algorithm="ES256", headers={"kid": "first", "typ": "logout+jwt"})
