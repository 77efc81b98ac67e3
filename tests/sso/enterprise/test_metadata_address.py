"""Metadata from an address that does not answer as it should: told in time, and nothing is different afterwards."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from identity.local.redis import free_port
from orgs.models import Domain, Organization
from sso.models import Connection
from tests.machines.rogue_provider import RogueProvider

pytestmark = pytest.mark.django_db
PATH = "/metadata"
# What a command may take here, of what it may take at all.
PATIENCE, MOST = 1.0, 5.0
# How the address misbehaves, and a part of what is said of it.
MOODS: dict[int | str, str] = {
    404: "did not answer with metadata (status-404)",
    500: "did not answer with metadata (status-500)",
    # To an address that nobody has looked at.
    302: "did not answer with metadata (status-302)",
    "hang": "did not answer with metadata (slow)",
    "drip": "did not answer with metadata (slow)",
    "drip_headers": "did not answer with metadata (slow)",
    "huge": "did not answer with metadata (too-large)",
    "garbage": "It is not XML",
    "list": "It is not XML",
}


@pytest.fixture(autouse=True)
def _impatient(settings: Any) -> None:
    assert settings.SOCIAL_PROVIDER_PATIENCE < MOST
    settings.SOCIAL_PROVIDER_PATIENCE = PATIENCE


@pytest.fixture(params=MOODS, ids=str)
def address(request: pytest.FixtureRequest, rogue: RogueProvider) -> tuple[str, str]:
    """One that misbehaves, and what is said of it."""
    rogue.github[PATH] = {}
    rogue.moods[PATH] = request.param
    return f"{rogue.url}{PATH}", MOODS[request.param]


def refused(*command: str) -> str:
    begun = time.monotonic()
    with pytest.raises(CommandError) as caught:
        call_command("sso_connection", *command)
    assert time.monotonic() - begun < PATIENCE + 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def add(organization: Organization, url: str) -> str:
    named = ["--org", organization.slug, "--slug", "new-sso", "--domain", "acme.example"]
    return refused("add", *named, "--metadata", url)


def test_nothing_is_made_of_it(acme_org: Organization, address: tuple[str, str]) -> None:
    url, said = address
    assert said in add(acme_org, url)
    assert not Connection.across_organizations.exists()
    assert not Domain.objects.of(acme_org).exists()


def test_nobody_there_is_told_as_well(acme_org: Organization) -> None:
    said = add(acme_org, f"http://127.0.0.1:{free_port()}{PATH}")
    assert "127.0.0.1 did not answer with metadata (ConnectionError)" in said
    assert not Connection.across_organizations.exists()


@pytest.mark.parametrize("address", [404, "garbage"], indirect=True)
def test_what_is_there_stays_as_it_was(connection: Connection, address: tuple[str, str]) -> None:
    url, said = address
    before = everything(connection)
    assert said in refused("update", connection.slug, "--metadata", url)
    assert everything(connection) == before


@pytest.mark.parametrize(
    "url", ["http://user:secret@127.0.0.1/m", "http:///m", "http://127.0.0.1/a b", "https://ä.example/m"]
)
def test_what_is_no_address_is_not_asked(acme_org: Organization, url: str) -> None:
    assert "is no https address" in add(acme_org, url)


def test_a_file_is_no_better(acme_org: Organization, tmp_path: Path) -> None:
    file = tmp_path / "metadata.xml"
    assert "cannot be read" in add(acme_org, str(file))
    for content, said in ((b"", "not XML"), (b"<a>" * 10, "not XML"), (b" " * 1_000_001, "larger than")):
        file.write_bytes(content)
        assert said in add(acme_org, str(file))
    assert not Connection.across_organizations.exists()


def everything(connection: Connection) -> Any:
    row = Connection.across_organizations.filter(pk=connection.pk).values().get()
    return row, [*connection.certificates.values()]
