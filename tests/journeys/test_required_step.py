"""What keeps somebody from coming in at once, in a real browser: a code from a mail, a second step that is required."""

import pytest
from playwright.sync_api import Page, expect

from accounts.flows import provision
from accounts.models import User
from tests.journeys.test_first_visit import PASSWORD, nothing_overflows
from tests.journeys.test_staying_in_control import ALICE, mailed, press, type_into
from tests.machines.smtp import SmtpSink
from tests.machines.web import WebServer
from tests.mfa.conftest import Phone
from tests.outbox import CODE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_code_from_a_mail_signs_in(page: Page, site: WebServer, sink: SmtpSink) -> None:
    provision.create_person(email=ALICE, name="Alice Arden", password=PASSWORD)
    page.goto("/account/login/")
    page.get_by_role("link", name="Mail me a code").click()
    nothing_overflows(page)
    type_into(page, "E-mail address", ALICE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    nothing_overflows(page)
    found = CODE.search(mailed(sink, "Sign in to", ALICE))
    assert found
    type_into(page, "Code from the mail", found[1])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Alice Arden")).to_be_visible()


def test_an_administrator_sets_up_the_second_step_first(page: Page, site: WebServer) -> None:
    ada: User = provision.create_person(email=ALICE, name="Ada", password=PASSWORD, administrator=True)
    page.goto("/account/login/?next=/admin/")
    type_into(page, "E-mail address", ALICE)
    type_into(page, "Password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Set up a second step")).to_be_visible()
    nothing_overflows(page)
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/account/mfa/enrol/")
    press(page, "link", "Set up an authenticator app")
    nothing_overflows(page)
    phone = Phone(ada, page.locator(".key-text").inner_text().replace(" ", ""))
    type_into(page, "Six-digit code", phone.code(-1))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    nothing_overflows(page)
    press(page, "button", "I have saved them, go on")
    expect(page.get_by_role("heading", name="What needs you?")).to_be_visible()
