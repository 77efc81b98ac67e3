"""From the first visit to signing out, as a person does it."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.machines.smtp import SmtpSink
from tests.machines.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADDRESS, PASSWORD = "dora@example.org", "an untold story of nine lamps"


def fill_and_send(page: Page, button: str, **fields: str) -> None:
    for label, value in fields.items():
        page.get_by_label({"address": "E-mail address", "password": "Password"}[label]).fill(value)
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def nothing_overflows(page: Page) -> None:
    """No sideways scrolling. Measured from outside, since the page may run without scripts."""
    # Its words are there before its style is.
    page.wait_for_load_state()
    box = page.get_by_role("main").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= (page.viewport_size or {"width": 0})["width"]


def test_a_person_signs_up_confirms_signs_in_and_out(
    page: Page, context: BrowserContext, sink: SmtpSink
) -> None:
    page.goto("/")
    nothing_overflows(page)
    page.get_by_role("link", name="Create an account").click()
    fill_and_send(page, "Create account", address=ADDRESS, password=PASSWORD)
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()

    until(lambda: sink.messages, "the mail")
    (mail,) = sink.messages
    link = re.search(r"http://localhost:\d+/\S+", mail.get_body(("plain",)).get_content())
    assert link
    page.goto(link[0])
    nothing_overflows(page)
    page.get_by_role("button", name="Yes, confirm").click()
    expect(page.get_by_role("status")).to_contain_text("is confirmed")
    expect(page.get_by_role("heading", name=ADDRESS)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    page.goto("/account/login/")
    fill_and_send(page, "Sign in", address=ADDRESS, password=PASSWORD)
    expect(page.get_by_role("heading", name=ADDRESS)).to_be_visible()
    expect(page.get_by_text("this browser")).to_be_visible()
    expect(page.get_by_text("E-mail address verified")).to_be_visible()
    nothing_overflows(page)
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert cookies["session"]["httpOnly"]
    assert cookies["session"]["sameSite"] == "Lax"

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    page.goto("/account/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_mistake_is_explained_and_can_be_mended_by_keyboard(page: Page) -> None:
    page.goto("/account/signup/")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(ADDRESS)
    page.keyboard.press("Tab")
    page.keyboard.type("short")
    page.keyboard.press("Enter")
    complaint = page.get_by_text("too short")
    expect(complaint).to_be_visible()
    field = page.get_by_label("Password")
    expect(field).to_have_attribute("aria-invalid", "true")
    described = field.get_attribute("aria-describedby") or ""
    assert "id_password1_error" in described
    expect(field).to_have_value("")
    field.fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
