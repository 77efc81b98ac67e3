"""What people at the administrators' desk are called for, in a browser: a lost phone, a stolen laptop, a question."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts.flows import desk, provision
from accounts.models import RoleGrant, User
from accounts.roles import catalogue
from accounts.roles.catalogue import BuiltInRole
from core.client import Facts
from core.models import OutboxMessage
from tests.conftest import code_of_app, give_app, sign_in
from tests.desk import give
from tests.journeys.test_first_visit import PASSWORD, nothing_overflows
from tests.journeys.test_staying_in_control import mailed, type_into
from tests.machines.smtp import SmtpSink
from tests.machines.web import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Each once: what the pages do without scripts and on a small screen shows in two of them.
AT_A_DESK = pytest.mark.parametrize("context", ["desktop"], indirect=True)
ON_A_PHONE = pytest.mark.parametrize("context", ["phone without JavaScript"], indirect=True)
ALICE = "alice@example.org"
REASON = "She called; we spoke by video and saw her passport."


@pytest.fixture
def alice(site: WebServer) -> User:
    return provision.create_person(email=ALICE, name="Alice Arden", password=PASSWORD)


def colleague(name: str, role: BuiltInRole | None = None) -> User:
    """Somebody at the desk, an owner of the site unless a role is named."""
    catalogue.synchronize()
    user = provision.create_person(
        email=f"{name.lower()}@example.org", name=name, password=PASSWORD, administrator=role is None
    )
    if role is not None:
        give(user, role=role)
    give_app(user)
    return user


def to_the_desk(page: Page, user: User) -> None:
    page.context.clear_cookies()
    page.goto("/account/login/?next=/admin/")
    type_into(page, "E-mail address", user.email)
    type_into(page, "Password", PASSWORD)
    page.keyboard.press("Enter")
    type_into(page, "Six-digit code", code_of_app(user))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What needs you?")).to_be_visible()
    nothing_overflows(page)


def find(page: Page, user: User) -> None:
    page.goto("/admin/accounts/user/")
    page.locator("#searchbar").fill(user.email)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=user.email).first.click()
    expect(page.get_by_role("heading", name=user.name)).to_be_visible()
    nothing_overflows(page)


def do(page: Page, label: str, **fields: str) -> None:
    """Presses a button on the page of a person, reads what will happen, gives a reason and confirms."""
    page.get_by_role("link", name=label, exact=True).click()
    nothing_overflows(page)
    for name, value in fields.items():
        field = page.locator(f"[name={name}]")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    page.get_by_role("main").get_by_role("button", name=label).click()


@ON_A_PHONE
def test_a_person_calls_who_lost_their_phone(page: Page, alice: User, sink: SmtpSink) -> None:
    give_app(alice)
    to_the_desk(page, colleague("Sam", BuiltInRole.SUPPORT))
    find(page, alice)
    do(page, "Lost second step: ask for a reset", reason=REASON)
    expect(page.get_by_text("A reset is under way")).to_be_visible()
    assert "cancel" in mailed(sink, "second step", ALICE)

    to_the_desk(page, colleague("Ada"))
    find(page, alice)
    page.get_by_role("link", name="A reset is under way").click()
    expect(page.get_by_text(REASON)).to_be_visible()
    page.goto("/admin/mfa/factorreset/")
    page.locator("input.action-select").first.check()
    page.get_by_label("Action:").select_option(label="Confirm as a second administrator")
    page.locator(".actions button[type=submit]").click()
    expect(page.get_by_text("instead of after the wait")).to_be_visible()
    nothing_overflows(page)
    page.get_by_role("button", name="Confirm as a second administrator").click()
    assert "/account/mfa/" in mailed(sink, "new second step", ALICE)


@AT_A_DESK
def test_a_laptop_was_stolen(page: Page, alice: User, sink: SmtpSink) -> None:
    laptop, phone = (Client(HTTP_USER_AGENT=f"Firefox/140.0 ({system})") for system in ("Windows", "Android"))
    for browser in (laptop, phone):
        sign_in(browser, alice)
    to_the_desk(page, colleague("Sam", BuiltInRole.SUPPORT))
    find(page, alice)
    page.get_by_role("link", name="End this sign-in: Firefox on Windows").click()
    page.get_by_role("button", name="End this sign-in").click()
    expect(page.get_by_text("The sign-in has ended.")).to_be_visible()
    assert laptop.get("/account/").status_code == 302
    assert phone.get("/account/").status_code == 200

    do(page, "Compromised: somebody else may be in", reason="The laptop was open.")
    expect(page.get_by_text("locked", exact=True)).to_be_visible()
    assert phone.get("/account/").status_code == 302
    assert "locked the account" in mailed(sink, "secured", ALICE)
    assert "/account/password/reset/" in mailed(sink, "password", ALICE)


@AT_A_DESK
def test_who_changed_this_and_when(page: Page, alice: User) -> None:
    ada = colleague("Ada")
    desk.disable(user=alice, actor=ada, facts=Facts("203.0.113.9", "", ""), reason="Sent spam")
    # Nobody wakes the worker for mail that no page has queued.
    OutboxMessage.objects.all().delete()
    to_the_desk(page, colleague("Olga", BuiltInRole.AUDITOR))
    find(page, alice)
    expect(page.get_by_text("disabled", exact=True)).to_be_visible()
    assert page.get_by_role("link", name="Enable").count() == 0
    page.get_by_role("link", name="Account disabled").click()
    nothing_overflows(page)
    main = page.get_by_role("main")
    for shown in ("Ada", "203.0.113.9", "Sent spam", "is_active"):
        expect(main.get_by_text(shown).first).to_be_visible()


@ON_A_PHONE
def test_support_access_for_a_day(page: Page, context: BrowserContext, alice: User, sink: SmtpSink) -> None:
    sam = provision.create_person(email="sam@example.org", name="Sam", password=PASSWORD)
    to_the_desk(page, colleague("Ada"))
    find(page, sam)
    until = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    do(page, "Give a role", role="Support", ends_at=until, reason="On duty tomorrow")
    expect(page.get_by_text("Sam now has the role Support.")).to_be_visible()
    page.get_by_role("link", name="what they may do, and why").click()
    expect(page.get_by_text("as Support, until").first).to_be_visible()
    nothing_overflows(page)
    assert "Support" in mailed(sink, "new role", "sam@example.org")

    give_app(sam)
    to_the_desk(page, sam)
    find(page, alice)
    assert page.get_by_role("link", name="Disable").count() == 0
    do(page, "End all sessions and other access")
    expect(page.get_by_text("All access has ended")).to_be_visible()
    RoleGrant.objects.update(ends_at=timezone.now())
    assert page.request.get("/admin/accounts/user/", max_redirects=0).status == 302
    assert page.request.get("/admin/accounts/user/").status == 403


@ON_A_PHONE
def test_what_is_typed_in_fits_on_a_phone(page: Page, site: WebServer) -> None:
    """Forms of Django's own: fields within their card, boxes to tick below each other with their words beside them."""
    to_the_desk(page, colleague("Ada"))
    for path in ("accounts/role", "orgs/organization", "sso/connection", "mfa/factorreset"):
        page.goto(f"/admin/{path}/add/")
        nothing_overflows(page)
        card = page.locator("fieldset.module").bounding_box()
        assert card is not None
        fields = page.locator(".form-row :is(input:not([type=hidden]), select, textarea)").all()
        boxes = [box for field in fields if (box := field.bounding_box())]
        assert boxes
        for box in boxes:
            assert box["x"] >= card["x"] + 10, path
            assert box["x"] + box["width"] <= card["x"] + card["width"] - 10, path
    page.goto("/admin/accounts/role/add/")
    ticks = [box for field in page.get_by_role("checkbox").all() if (box := field.bounding_box())]
    assert len({box["x"] for box in ticks}) == 1
