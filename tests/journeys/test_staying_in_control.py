"""An account stays its owner's: addresses, a stranger's sign-in, a lockout, all with the keyboard alone."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.flows import provision
from tests.journeys.test_first_visit import PASSWORD, nothing_overflows
from tests.machines.smtp import SmtpSink
from tests.machines.waiting import until
from tests.machines.web import WebServer
from tests.outbox import CODE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ALICE, SECOND, NEW = "alice@example.org", "arden@example.net", "another story of ten lamps"


@pytest.fixture(autouse=True)
def _alice(site: WebServer) -> None:
    provision.create_person(email=ALICE, name="Alice Arden", password=PASSWORD)


def type_into(page: Page, label: str, text: str) -> None:
    page.get_by_label(label, exact=True).focus()
    page.keyboard.type(text)


def press(page: Page, role: Any, name: str) -> None:
    page.get_by_role("main").get_by_role(role, name=name).focus()
    page.keyboard.press("Enter")


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.goto("/account/login/")
    type_into(page, "E-mail address", ALICE)
    type_into(page, "Password", password)
    page.keyboard.press("Enter")


def mailed(sink: SmtpSink, subject: str, to: str) -> str:
    def found() -> list[Any]:
        return [mail for mail in sink.messages if subject in mail["Subject"] and mail["To"] == to]

    until(found, f"the mail {subject!r} to {to}", seconds=20)
    return str(found()[-1].get_body(("plain",)).get_content())


def link_in(text: str) -> str:
    found = re.search(r"http://localhost:\d+/\S+", text)
    assert found
    return found[0]


def test_an_address_is_added_made_the_main_one_and_taken_back(page: Page, sink: SmtpSink) -> None:
    sign_in(page)
    press(page, "link", "Addresses")
    type_into(page, "Another address", SECOND)
    page.keyboard.press("Enter")
    expect(page.get_by_text("not confirmed")).to_be_visible()
    nothing_overflows(page)
    code = CODE.search(mailed(sink, "Is this your address?", SECOND))
    assert code
    type_into(page, "Code from the mail", code[1])
    page.keyboard.press("Enter")
    press(page, "button", f"Make {SECOND} the main address")
    expect(page.get_by_role("status")).to_contain_text("is now your main address")

    page.goto(link_in(mailed(sink, "has changed", ALICE)))
    nothing_overflows(page)
    press(page, "button", "Undo the change")
    type_into(page, "New password", NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, NEW)
    press(page, "link", "Addresses")
    expect(page.get_by_text(ALICE)).to_be_visible()
    expect(page.get_by_text(SECOND)).to_have_count(0)


def test_a_strangers_sign_in_is_reported_and_ends(
    page: Page, browser: Browser, site: WebServer, sink: SmtpSink
) -> None:
    sign_in(page)
    expect(page.get_by_role("heading", name="Alice Arden")).to_be_visible()
    stranger: BrowserContext = browser.new_context(base_url=site.url)
    theirs = stranger.new_page()
    sign_in(theirs)
    expect(theirs.get_by_role("heading", name="Alice Arden")).to_be_visible()

    page.goto(link_in(mailed(sink, "New sign-in", ALICE)))
    nothing_overflows(page)
    press(page, "button", "It was not me: lock my account")
    expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
    theirs.goto("/account/")
    expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(theirs)
    expect(theirs.get_by_role("heading", name="This account is locked")).to_be_visible()
    stranger.close()
    type_into(page, "New password", NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, NEW)
    expect(page.get_by_role("heading", name="Alice Arden")).to_be_visible()


def test_a_lockout_is_explained_and_ended_from_the_mail(page: Page, sink: SmtpSink) -> None:
    for number in range(5):
        sign_in(page, f"a wrong password {number}")
        expect(page.get_by_role("alert")).to_be_visible()
    page.goto(link_in(mailed(sink, "Wrong passwords", ALICE)))
    press(page, "button", "End the wait")
    expect(page.get_by_role("status")).to_contain_text("You can sign in again")
    sign_in(page)
    expect(page.get_by_role("heading", name="Alice Arden")).to_be_visible()


def test_a_profile_is_kept(page: Page) -> None:
    sign_in(page)
    press(page, "link", "Profile")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_label("Name").fill("Alice of Tokyo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved")
    nothing_overflows(page)
    press(page, "link", "Activity")
    expect(page.get_by_text("JST").first).to_be_visible()
    nothing_overflows(page)


def test_a_forgotten_password_is_replaced_by_the_code_of_the_mail(page: Page, sink: SmtpSink) -> None:
    page.goto("/account/login/")
    press(page, "link", "Forgotten your password?")
    type_into(page, "E-mail address", ALICE)
    page.keyboard.press("Enter")
    code = CODE.search(mailed(sink, "new password", ALICE))
    assert code
    type_into(page, "Code from the mail", code[1])
    type_into(page, "New password", NEW)
    nothing_overflows(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The new password for")
    sign_in(page, NEW)
    expect(page.get_by_role("heading", name="Alice Arden")).to_be_visible()


def test_another_session_is_ended(page: Page, browser: Browser, site: WebServer) -> None:
    elsewhere = browser.new_context(base_url=site.url)
    other = elsewhere.new_page()
    sign_in(other)
    expect(other.get_by_role("heading", name="Alice Arden")).to_be_visible()
    sign_in(page)
    press(page, "link", "Sessions")
    nothing_overflows(page)
    page.get_by_role("button", name="End the session of").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("has ended")
    other.goto("/account/")
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    elsewhere.close()
