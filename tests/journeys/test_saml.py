"""Somebody of an organization comes in by its SAML provider and goes again, from either side, in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import call_command
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from accounts.flows import provision
from orgs.actor import SHELL
from orgs.flows import organizations
from tests.journeys.test_first_visit import fill_and_send, nothing_overflows
from tests.machines.pysaml2 import PySaml2
from tests.machines.saml import SamlProvider
from tests.machines.simplesamlphp import SimpleSamlPhp
from tests.machines.web import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DORA = {"mail": ["dora@acme.example"], "displayName": ["Dora Dean"]}
SLUG = "acme-sso"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[WebServer]:
    with WebServer(tmp_path_factory.mktemp("organization")) as running:
        yield running


@pytest.fixture(scope="module", params=[PySaml2, SimpleSamlPhp], ids=lambda kind: kind.name)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SamlProvider]:
    with request.param(tmp_path_factory.mktemp(request.param.name)) as provider:
        yield provider


@pytest.fixture
def site(web: WebServer, transactional_db: Any) -> WebServer:
    return web


@pytest.fixture
def provider(running: SamlProvider, site: WebServer, settings: Any, tmp_path: Path) -> SamlProvider:
    """Each knows the other by its metadata."""
    settings.BASE_URL = site.url
    running.behave(people={"dora": DORA}, checks_requests=True, encrypts=True)
    alice = provision.create_person(
        email="alice@example.org", name="Alice Arden", password="lamps of a canal"
    )
    organizations.create(slug="acme", name="Acme Lamps", owner=alice, by=SHELL)
    known = tmp_path / "provider.xml"
    known.write_bytes(running.metadata)
    named = ["--org", "acme", "--slug", SLUG, "--metadata", str(known), "--domain", "acme.example"]
    call_command("sso_connection", "add", *named, "--allow-idp-initiated")
    running.trust(requests.get(f"{site.url}/sso/saml/{SLUG}/metadata/", timeout=5).content)
    return running


@pytest.fixture
def page(context: BrowserContext, site: WebServer) -> Iterator[Page]:
    """What the browser complains about on the provider's pages is no concern of ours."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        is_ours = not message.location["url"].startswith("http://127.0.0.1:")
        if is_ours and message.type in ("error", "warning"):
            complaints.append(f"{message.text} {message.location['url']}")

    opened = context.new_page()
    opened.on("console", listen)
    yield opened
    assert complaints == []


class There:
    """What somebody does at the provider."""

    def __init__(self, page: Page, provider: SamlProvider, *, has_scripts: bool) -> None:
        self.page = page
        self.provider = provider
        self.has_scripts = has_scripts

    def sign_in(self) -> None:
        fields = [self.page.locator(f"input[name={field}]") for field in self.provider.fields]
        for field in fields:
            field.fill("dora")
        fields[-1].press("Enter")
        self.pass_on()

    def pass_on(self) -> None:
        """Without scripts the page that leads back waits for its button."""
        if not self.has_scripts:
            form = self.page.locator("form:has(input[name=SAMLResponse])")
            # SimpleSAMLphp has one more, meant for its script, which shows until its style sheet has come.
            form.locator("[type=submit]:visible").last.click()


@pytest.fixture
def there(request: pytest.FixtureRequest, page: Page, provider: SamlProvider) -> There:
    return There(page, provider, has_scripts=request.node.callspec.params["context"] == "desktop")


def test_in_and_out_here_and_in_and_out_there(
    page: Page, there: There, provider: SamlProvider, site: WebServer
) -> None:
    page.goto("/account/sso/")
    nothing_overflows(page)
    fill_and_send(page, "Go on", address="dora@acme.example")
    there.sign_in()
    expect(page.get_by_role("heading", name="Dora Dean")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()

    page.goto(provider.begin(f"{site.url}/sso/saml/{SLUG}/metadata/"))
    there.sign_in()
    expect(page.get_by_role("heading", name="Is this you?")).to_be_visible()
    nothing_overflows(page)
    page.get_by_role("button", name="Yes, sign me in").click()
    expect(page.get_by_role("heading", name="Dora Dean")).to_be_visible()
    page.goto(provider.sign_out)
    page.goto("/account/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
