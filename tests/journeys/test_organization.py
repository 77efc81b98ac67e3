"""An owner sets an organization up: several permissions in a role, two roles for somebody, a program with a secret."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.flows import provision
from orgs.actor import SHELL
from orgs.flows import members, organizations
from orgs.permissions import BuiltIn
from tests.api import Program
from tests.journeys.test_first_visit import PASSWORD, nothing_overflows
from tests.machines.web import WebServer
from tests.orgs.programs import ask_for_token
from tokens.models import ServiceAccount

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ALICE, BOB = "alice@example.org", "bob@example.org"


@pytest.fixture(autouse=True)
def _acme(site: WebServer) -> None:
    alice = provision.create_person(email=ALICE, name="Alice Arden", password=PASSWORD)
    bob = provision.create_person(email=BOB, name="Bob Brown", password=PASSWORD)
    acme = organizations.create(slug="acme", name="Acme Lamps", owner=alice, by=SHELL)
    members.add(organization=acme, user=bob, role=BuiltIn.MEMBER, by=SHELL)


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("link", name=name).click()


def make_role(page: Page, name: str, *permissions: str) -> None:
    page.goto("/orgs/acme/roles/")
    follow(page, "Make a role")
    page.get_by_label("Name", exact=True).fill(name)
    for permission in permissions:
        page.get_by_label(permission, exact=True).check()
    press(page, "Save")
    expect(page.get_by_text("The role is there.")).to_be_visible()


def test_an_owner_sets_it_up(page: Page) -> None:
    page.goto("/account/login/")
    page.get_by_label("E-mail address").fill(ALICE)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/")

    make_role(page, "Recruiter", "Invite people", "See what happened in the organization")
    make_role(page, "Coach", "Make teams, and choose who is in them", "Change name and appearance")
    page.goto("/orgs/acme/members/")
    follow(page, "Bob Brown")
    page.get_by_label("Recruiter").check()
    page.get_by_label("Coach").check()
    press(page, "Save")
    expect(page.get_by_text("Their roles are changed")).to_be_visible()
    expect(page.get_by_text("as Coach")).to_have_count(2)
    nothing_overflows(page)

    page.goto("/orgs/acme/policy/")
    page.get_by_label("password").check()
    page.get_by_label("passkey").check()
    press(page, "Save")
    expect(page.get_by_text("The rules are changed.")).to_be_visible()

    page.goto("/orgs/acme/services/")
    follow(page, "Make a service account")
    page.get_by_label("Name", exact=True).fill("Nightly import")
    page.get_by_label("See who is a member").check()
    page.get_by_label("Invite people").check()
    press(page, "Make a service account")
    follow(page, "Make a credential")
    press(page, "Make a credential")
    secret = page.get_by_text(re.compile("^ids_")).inner_text()
    nothing_overflows(page)
    follow(page, "I have saved it")
    service = ServiceAccount.across_organizations.get()
    answer = ask_for_token(Program(), service, secret)
    assert answer.json()["scope"] == "members.invite members.view"

    page.locator("summary", has_text="Delete").click()
    nothing_overflows(page)
    press(page, "Delete the service account")
    expect(page.get_by_text("The service account is gone")).to_be_visible()
