"""Choosing a password in a real browser: what it says meanwhile, and that it tells nobody."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.flows import provision
from tests.machines.web import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "an untold story of nine lamps"


@pytest.fixture
def context(browser: Browser, site: WebServer) -> Iterator[BrowserContext]:
    """With JavaScript only: without it the other journeys walk through the same forms."""
    opened = browser.new_context(base_url=site.url, viewport={"width": 360, "height": 640})
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("kqz", "Still 9 to go"),
        ("aaaaaaaaaaaaaaaa", "easy to foresee"),
        ("abcdefgh12345678", "easy to foresee"),
        ("qwertzqwertzqwertz", "easy to foresee"),
        ("in dora’s garden at night", "Leave out “dora”"),
        ("my identity unknown", "Leave out “identity”"),
        ("kqzvjxwpmtrn", "Good"),
        (PASSWORD, "Very good"),
    ],
)
def test_it_says_what_to_do_while_somebody_types(page: Page, typed: str, said: str) -> None:
    page.goto("/account/signup/")
    page.get_by_label("E-mail address").fill("dora@example.org")
    icon = page.locator("link[rel=icon]").evaluate("link => link.href")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Password").press_sequentially(typed)
    expect(page.locator("[data-strength] [aria-live]")).to_contain_text(said)
    expect(page.locator("meter")).to_be_visible()
    # Its icon is fetched for every page, as late as the browser likes.
    assert [address for address in asked if address != icon] == []


def test_an_empty_field_is_not_judged(page: Page) -> None:
    page.goto("/account/signup/")
    expect(page.locator("meter")).to_be_hidden()
    field = page.get_by_label("Password")
    field.fill("kqz")
    expect(page.locator("meter")).to_be_visible()
    field.fill("")
    expect(page.locator("meter")).to_be_hidden()


def test_a_password_can_be_shown_and_hides_again_when_it_is_sent(page: Page) -> None:
    page.goto("/account/login/")
    page.get_by_label("E-mail address").fill("dora@example.org")
    field, button = page.get_by_label("Password"), page.get_by_role("button", name="Show Password")
    field.fill(PASSWORD)
    expect(field).to_have_attribute("type", "password")
    button.press("Enter")
    expect(field).to_have_attribute("type", "text")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(field).to_have_attribute("type", "password")
    button.click()
    # Stays on the page, to look at it after sending.
    page.evaluate(
        "document.querySelector('form').addEventListener('submit', (event) => event.preventDefault())"
    )
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(field).to_have_attribute("type", "password")


def test_the_sign_in_page_judges_nothing(page: Page) -> None:
    page.goto("/account/login/")
    page.get_by_label("Password").fill("x")
    expect(page.locator("[data-strength]")).to_have_count(0)


def test_nothing_of_it_shows_without_javascript(browser: Browser, site: WebServer) -> None:
    plain = browser.new_context(base_url=site.url, java_script_enabled=False)
    opened = plain.new_page()
    opened.goto("/account/signup/")
    expect(opened.locator("meter")).to_be_hidden()
    expect(opened.get_by_role("button", name=re.compile("Show"))).to_have_count(0)
    plain.close()


def test_changing_a_password_has_it_for_the_new_one_only(page: Page) -> None:
    provision.create_person(email="alice@example.org", password=PASSWORD)
    page.goto("/account/login/")
    page.get_by_label("E-mail address").fill("alice@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="alice@example.org")).to_be_visible()
    page.goto("/account/password/change/")
    expect(page.get_by_role("button", name="Show Current password")).to_be_visible()
    expect(page.get_by_role("button", name="Show New password")).to_be_visible()
    page.get_by_label("New password").press_sequentially("alice has a garden")
    expect(page.locator("[data-strength]")).to_have_count(1)
    expect(page.locator("[data-strength] [aria-live]")).to_contain_text("Leave out “alice”")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Change password").click()
    expect(page.get_by_text("You have had this password before")).to_be_visible()
