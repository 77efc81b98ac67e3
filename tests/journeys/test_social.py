"""A person comes in with a provider, connects it to an account and disconnects it, in a real browser."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.flows import provision
from identity.local.redis import free_port
from tests.journeys.test_first_visit import fill_and_send, nothing_overflows
from tests.machines.openid import OpenIdProvider
from tests.machines.web import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "an untold story of nine lamps"
DORA = {"email": "dora@acme.example", "email_verified": True, "name": "Dora Dean"}


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None
) -> Iterator[tuple[WebServer, OpenIdProvider]]:
    """A site of their own, which offers a provider on another host than its own."""
    home, port = tmp_path_factory.mktemp("social"), free_port()
    callback = f"http://localhost:{port}/account/with/acme/callback/"
    with OpenIdProvider(home, callback) as provider:
        offered = json.dumps([provider.settings])
        with WebServer(home, port=port, OIDC_PROVIDERS=offered) as web:
            yield web, provider


@pytest.fixture
def site(servers: tuple[WebServer, OpenIdProvider], transactional_db: Any) -> WebServer:
    web, provider = servers
    provider.let_in(dora=DORA)
    return web


def sign_in_at_acme(page: Page) -> None:
    expect(page.get_by_role("heading", name="Sign in to Acme")).to_be_visible()
    page.get_by_label("Name").fill("dora")
    page.get_by_role("button", name="Sign in to Acme").click()


def test_a_new_person_comes_in_and_out_and_in_again(page: Page, context: BrowserContext) -> None:
    page.goto("/account/signup/")
    nothing_overflows(page)
    page.get_by_role("button", name="Continue with Acme").click()
    sign_in_at_acme(page)
    expect(page.get_by_role("heading", name="Dora Dean")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    page.goto("/account/login/")
    page.get_by_role("button", name="Continue with Acme").click()
    # Still signed in there: straight back.
    expect(page.get_by_role("heading", name="Dora Dean")).to_be_visible()
    page.get_by_role("link", name="Connected accounts").click()
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("status")).to_contain_text("only way into your account")


def test_a_person_with_a_password_connects_uses_and_disconnects(
    page: Page, browser: Browser, site: WebServer
) -> None:
    provision.create_person(email="alice@example.org", name="Alice Arden", password=PASSWORD)
    page.goto("/account/login/")
    fill_and_send(page, "Sign in", address="alice@example.org", password=PASSWORD)
    page.get_by_role("link", name="Connected accounts").click()
    nothing_overflows(page)
    page.get_by_role("button", name="Connect Acme").click()
    sign_in_at_acme(page)
    expect(page.get_by_role("status")).to_contain_text("Connected.")
    expect(page.get_by_text("dora@acme.example")).to_be_visible()
    nothing_overflows(page)

    elsewhere = browser.new_context(base_url=site.url).new_page()
    elsewhere.goto("/account/login/")
    elsewhere.get_by_role("button", name="Continue with Acme").click()
    sign_in_at_acme(elsewhere)
    expect(elsewhere.get_by_role("heading", name="Alice Arden")).to_be_visible()
    elsewhere.context.close()

    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("status")).to_contain_text("no longer connected")
    expect(page.get_by_text("None so far.")).to_be_visible()


def test_stopping_at_the_provider_leads_back(page: Page) -> None:
    page.goto("/account/login/")
    page.get_by_role("button", name="Continue with Acme").click()
    page.get_by_role("link", name="Stop").click()
    expect(page.get_by_role("status")).to_contain_text("You stopped at Acme")
