"""Acme's people sign in at a provider that nobody here wrote; each test runs with each of them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from lxml import etree

from accounts.models import User
from orgs.actor import SHELL
from orgs.flows import organizations
from orgs.models import Organization
from sso.models import Binding, Connection
from tests.machines.pysaml2 import PySaml2
from tests.machines.saml import SamlProvider
from tests.machines.simplesamlphp import SimpleSamlPhp
from tests.sso.enterprise.conftest import small_keys  # noqa: F401 - a fixture
from tests.sso.real.visitor import Visitor

SLUG = "acme-sso"
DORA = {
    "mail": ["dora@acme.example"],
    "displayName": ["Dora Dean"],
    "isMemberOf": ["staff", "lamps"],
}
EMIL = {"mail": ["emil@acme.example"], "displayName": ["Emil Ek"], "isMemberOf": ["staff"]}
MALLORY = {"mail": ["alice@example.org"], "displayName": ["Mallory"], "isMemberOf": ["staff"]}


@pytest.fixture(scope="session", params=[PySaml2, SimpleSamlPhp], ids=lambda kind: kind.name)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SamlProvider]:
    with request.param(tmp_path_factory.mktemp(request.param.name)) as provider:
        yield provider


@pytest.fixture
def provider(running: SamlProvider) -> SamlProvider:
    """Well-behaved at the start of each test."""
    running.trust(b"")
    running.behave(people={"dora": DORA, "emil": EMIL, "mallory": MALLORY})
    return running


@pytest.fixture
def acme(alice: User) -> Organization:
    return organizations.create(slug="acme", name="Acme Lamps", owner=alice, by=SHELL)


Connect = Callable[..., Connection]


@pytest.fixture
def connect(provider: SamlProvider, acme: Organization, tmp_path: Path) -> Connect:
    """As an operator does it: with the provider's metadata in a file, and ours at the provider afterwards."""

    def run(*options: str, **how: Any) -> Connection:
        if how:
            behave(provider, **how)
        known = tmp_path / "provider.xml"
        known.write_bytes(provider.metadata)
        command = ["add", "--org", acme.slug, "--slug", SLUG, "--metadata", str(known)]
        call_command("sso_connection", *command, "--domain", "acme.example", *options)
        introduce(provider, only_forms=bool(how.get("only_forms")))
        return Connection.objects.with_slug(SLUG).get()

    return run


def behave(provider: SamlProvider, **how: Any) -> None:
    provider.behave(people={"dora": DORA, "emil": EMIL, "mallory": MALLORY}, **how)


def introduce(provider: SamlProvider, *, only_forms: bool = False) -> None:
    """Our metadata, as our page hands it out. A provider that only knows forms is told of nothing else."""
    known = etree.fromstring(Client().get(f"/sso/saml/{SLUG}/metadata/").content)
    if only_forms:
        for service in known.xpath("//*[@Binding = $other]", other=str(Binding.REDIRECT)):
            service.getparent().remove(service)
    provider.trust(etree.tostring(known))


@pytest.fixture
def visitor(provider: SamlProvider) -> Visitor:
    return Visitor(provider)
