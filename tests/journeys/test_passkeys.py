"""Passkeys in a real browser, with an authenticator that Chromium plays itself."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from accounts.flows import provision
from accounts.models import User
from mfa.models import Passkey
from tests.journeys.test_first_visit import PASSWORD, nothing_overflows
from tests.journeys.test_staying_in_control import ALICE, mailed, press, sign_in
from tests.machines.smtp import SmtpSink
from tests.machines.web import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def alice(site: WebServer) -> User:
    return provision.create_person(email=ALICE, name="Alice Arden", password=PASSWORD)


class Authenticator:
    """The fingerprint reader of a laptop, say."""

    def __init__(self, session: CDPSession) -> None:
        self.session = session
        session.send("WebAuthn.enable", {"enableUI": False})
        traits = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
        more = {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
        answer = session.send("WebAuthn.addVirtualAuthenticator", {"options": {**traits, **more}})
        self.name = {"authenticatorId": answer["authenticatorId"]}

    def recognises(self, owner: bool) -> None:
        self.session.send("WebAuthn.setUserVerified", {**self.name, "isUserVerified": owner})

    def is_touched(self, touched: bool) -> None:
        self.session.send("WebAuthn.setAutomaticPresenceSimulation", {**self.name, "enabled": touched})

    def credentials(self) -> list[dict[str, Any]]:
        return list(self.session.send("WebAuthn.getCredentials", self.name)["credentials"])


@pytest.fixture(params=[1200, 360])
def desk(request: pytest.FixtureRequest, browser: Browser, site: WebServer) -> Iterator[Page]:
    opened = browser.new_context(base_url=site.url, viewport={"width": request.param, "height": 800})
    opened.set_default_timeout(15_000)
    page = opened.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Policy" in said.text else None)
    yield page
    opened.close()
    assert complaints == []


@pytest.fixture
def reader(desk: Page) -> Authenticator:
    return Authenticator(desk.context.new_cdp_session(desk))


@pytest.fixture
def added(desk: Page, reader: Authenticator) -> Page:
    """Alice has a passkey on this device, and is in."""
    sign_in(desk)
    press(desk, "link", "Two-step sign-in")
    nothing_overflows(desk)
    press(desk, "link", "Add a passkey")
    nothing_overflows(desk)
    press(desk, "button", "Make a passkey")
    expect(desk.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    # From here on each test says when somebody is there.
    reader.is_touched(False)
    return desk


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


def inside(page: Page) -> None:
    expect(page.get_by_role("heading", name="Alice Arden")).to_be_visible()


def test_added_and_from_then_on_the_whole_sign_in(added: Page, reader: Authenticator, sink: SmtpSink) -> None:
    assert [one["isResidentCredential"] for one in reader.credentials()] == [True]
    assert "not-me" in mailed(sink, "The second step is on", ALICE)
    sign_out(added)
    added.goto("/account/login/")
    nothing_overflows(added)
    # Chromium offers it where the address is typed, and the owner takes it.
    reader.is_touched(True)
    added.reload()
    inside(added)
    press(added, "link", "Two-step sign-in")
    expect(added.get_by_text("last used")).to_be_visible()
    nothing_overflows(added)


def test_the_button_signs_in_without_an_address(added: Page, reader: Authenticator) -> None:
    sign_out(added)
    added.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")
    added.goto("/account/login/?next=/account/sessions/")
    reader.is_touched(True)
    press(added, "button", "Sign in with a passkey")
    expect(added.get_by_text("by passkey")).to_be_visible()


def test_after_the_password_it_is_the_second_step(added: Page, reader: Authenticator) -> None:
    sign_out(added)
    sign_in(added)
    expect(added.get_by_role("heading", name="Use your passkey")).to_be_visible()
    nothing_overflows(added)
    reader.is_touched(True)
    press(added, "button", "Use a passkey")
    inside(added)


def test_before_a_sensitive_change_it_is_asked_again(added: Page, reader: Authenticator) -> None:
    reader.is_touched(True)
    added.goto("/account/mfa/prove/?next=/account/mfa/passkeys/add/")
    nothing_overflows(added)
    press(added, "button", "Use a passkey")
    expect(added.get_by_role("heading", name="Add a passkey")).to_be_visible()
    press(added, "button", "Make a passkey")
    expect(added.get_by_text("holds a passkey for your account already")).to_be_visible()
    assert Passkey.objects.count() == 1


def test_who_is_not_recognised_stays_outside(added: Page, reader: Authenticator) -> None:
    sign_out(added)
    sign_in(added)
    # Touched sooner, it would answer to the page that is being left.
    expect(added.get_by_role("heading", name="Use your passkey")).to_be_visible()
    reader.recognises(False)
    reader.is_touched(True)
    press(added, "button", "Use a passkey")
    expect(added.get_by_text("That was cancelled, or took too long.")).to_be_visible()
    nothing_overflows(added)
    expect(added.get_by_role("button", name="Use a passkey")).to_be_enabled()


def test_one_that_was_removed_opens_nothing(added: Page, reader: Authenticator) -> None:
    press(added, "link", "I have saved them")
    press(added, "link", "Remove ")
    expect(added.get_by_text("the second step is then off")).to_be_visible()
    nothing_overflows(added)
    press(added, "button", "Turn the second step off")
    expect(added.get_by_text("The second step is off.")).to_be_visible()
    sign_out(added)
    added.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")
    added.goto("/account/login/")
    reader.is_touched(True)
    press(added, "button", "Sign in with a passkey")
    expect(added.get_by_text("This passkey was not accepted")).to_be_visible()
    nothing_overflows(added)


def test_without_scripts_the_other_ways_remain(browser: Browser, site: WebServer, added: Page) -> None:
    plain = browser.new_context(base_url=site.url, java_script_enabled=False).new_page()
    plain.goto("/account/login/")
    expect(plain.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(plain.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    sign_in(plain)
    expect(plain.get_by_text("it takes a newer one, with JavaScript switched on")).to_be_visible()
    expect(plain.get_by_role("button", name="Use a passkey")).to_be_hidden()
    expect(plain.get_by_role("link", name="Use a recovery code")).to_be_visible()
    plain.context.close()
