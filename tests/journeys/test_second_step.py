"""The second step in a real browser: turned on, asked for, lost and found again, turned off."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.flows import provision
from accounts.models import User
from mfa.models import Authenticator
from tests.journeys.test_first_visit import PASSWORD, nothing_overflows
from tests.journeys.test_staying_in_control import ALICE, mailed, press, sign_in, type_into
from tests.machines.smtp import SmtpSink
from tests.machines.web import WebServer
from tests.mfa.conftest import Phone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def alice(site: WebServer) -> User:
    return provision.create_person(email=ALICE, name="Alice Arden", password=PASSWORD)


def set_up(page: Page, alice: User) -> tuple[Phone, list[str]]:
    press(page, "link", "Two-step sign-in")
    nothing_overflows(page)
    press(page, "link", "Set up an app")
    nothing_overflows(page)
    expect(page.locator("svg.qr")).to_be_visible()
    phone = Phone(alice, page.locator(".key-text").inner_text().replace(" ", ""))
    type_into(page, "Six-digit code", phone.code(-1))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    nothing_overflows(page)
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    return phone, codes


def come_back(page: Page) -> None:
    """Signed out, and in again by the first step."""
    page.get_by_role("button", name="Sign out").click()
    sign_in(page)


def test_turned_on_and_asked_for(page: Page, alice: User, sink: SmtpSink) -> None:
    sign_in(page)
    phone, codes = set_up(page, alice)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    assert codes[0] in download.value.path().read_text()
    press(page, "link", "I have saved them")
    expect(page.get_by_text("10 left")).to_be_visible()
    nothing_overflows(page)
    assert "not-me" in mailed(sink, "The second step is on", ALICE)

    come_back(page)
    expect(page.get_by_role("heading", name="Enter the code of your app")).to_be_visible()
    nothing_overflows(page)
    page.keyboard.type(phone.wrong())
    page.keyboard.press("Enter")
    expect(page.get_by_text("This code is not right")).to_be_visible()
    page.get_by_label("Six-digit code").fill(" ".join(phone.code(0)))
    page.get_by_label("Do not ask again in this browser").check()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Alice Arden")).to_be_visible()

    come_back(page)
    expect(page.get_by_role("heading", name="Alice Arden")).to_be_visible()
    press(page, "link", "Two-step sign-in")
    expect(page.get_by_text("this browser")).to_be_visible()
    nothing_overflows(page)


def test_lost_and_found_again_and_turned_off(page: Page, alice: User, sink: SmtpSink) -> None:
    sign_in(page)
    _phone, codes = set_up(page, alice)
    come_back(page)
    press(page, "link", "I have lost everything")
    nothing_overflows(page)
    page.go_back()
    press(page, "link", "Use a recovery code")
    nothing_overflows(page)
    type_into(page, "Recovery code", codes[0].lower().replace("-", " "))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Alice Arden")).to_be_visible()
    assert "9 are left" in mailed(sink, "A recovery code was used", ALICE)

    press(page, "link", "Two-step sign-in")
    press(page, "link", "Remove Authenticator app")
    expect(page.get_by_text("whoever learns your password gets in")).to_be_visible()
    nothing_overflows(page)
    press(page, "button", "Turn the second step off")
    expect(page.get_by_text("The second step is off.")).to_be_visible()
    assert not Authenticator.objects.exists()


@pytest.fixture
def desktop(browser: Browser, site: WebServer) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=site.url, viewport={"width": 1200, "height": 800})
    yield opened
    opened.close()


def test_the_codes_can_be_printed_on_one_sheet(desktop: BrowserContext, alice: User) -> None:
    page = desktop.new_page()
    sign_in(page)
    set_up(page, alice)
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator(".print-only")).to_contain_text(ALICE)
    assert re.search(r"/Count 1\b", page.pdf().decode("latin-1"))
