"""Doing without a password, having one again, and the way back, which never ends in choosing a password."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts import access
from accounts.access import Reason
from accounts.flows import proof
from accounts.models import Proof, Session, User
from audit.actions import Action
from audit.models import Event
from mfa.factors import recovery
from mfa.models import Passkey, RecoveryCode
from orgs.models import Organization
from tests.conftest import PASSWORD, forget_when, sign_in
from tests.mfa.conftest import asked, by_passkey, give_passkey, is_in, post_answer
from tests.mfa.device import Device
from tests.orgs.conftest import acme  # noqa: F401 - an organization
from tests.orgs.test_rules import ruled
from tests.outbox import mails

pytestmark = pytest.mark.django_db
GIVE_UP, SET = "/account/mfa/passwordless/", "/account/mfa/passwordless/end/"
NEW = "another story of ten lamps"


@pytest.fixture
def two(alice: User, by_key: Client) -> Client:
    """Alice with two passkeys, signed in by one of them."""
    give_passkey(alice)
    return by_key


@pytest.fixture
def without(two: Client, alice: User) -> Client:
    assert two.post(GIVE_UP).status_code == 302
    return two


def has_password(user: User) -> bool:
    user.refresh_from_db()
    return user.has_usable_password()


def test_with_two_passkeys_the_password_can_go(without: Client, alice: User) -> None:
    assert not has_password(alice)
    assert is_in(without)
    assert sign_in(Client(), alice).status_code == 200
    assert "This was not me" in mails(message="password_removed").get().html
    assert Event.objects.filter(action=Action.PASSWORD_REMOVE, person=alice.public_id).exists()


def test_so_with_one_and_recovery_codes(by_key: Client, alice: User) -> None:
    by_key.post(GIVE_UP)
    assert has_password(alice)
    recovery.issue(alice)
    by_key.post(GIVE_UP)
    assert not has_password(alice)


def test_what_is_signed_in_elsewhere_ends(two: Client, alice: User) -> None:
    elsewhere = Client()
    by_passkey(elsewhere, give_passkey(alice))
    two.post(GIVE_UP)
    assert not is_in(elsewhere)
    assert Session.objects.filter(user=alice).count() == 1


def test_not_by_a_passkey_shown_long_ago(two: Client, alice: User) -> None:
    forget_when(two, 3600)
    assert two.post(GIVE_UP)["Location"].startswith("/account/mfa/prove/")
    assert has_password(alice)


def test_a_suspended_one_does_not_count(two: Client, alice: User) -> None:
    Passkey.objects.latest("pk").suspend()
    two.post(GIVE_UP)
    assert has_password(alice)


def test_not_where_an_organization_asks_for_the_password(
    two: Client,
    alice: User,
    acme: Organization,  # noqa: F811
) -> None:
    ruled(acme, ways=["password"])
    Organization.objects.update(is_trusted=True)
    assert "no organization of yours that asks for a password" in two.get(GIVE_UP).text
    two.post(GIVE_UP)
    assert has_password(alice)


def test_it_is_suggested_gently(two: Client) -> None:
    assert "you could do without a password" in two.get("/account/").text
    assert "Do without the password" in two.get("/account/mfa/factors/").text


def test_a_password_can_be_had_again(without: Client, alice: User) -> None:
    assert without.get("/account/password/change/")["Location"] == SET
    assert without.post(SET, {"new_password": NEW}).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert is_in(without)
    assert mails(message="password_set").exists()


def test_only_by_a_fresh_passkey(without: Client, alice: User) -> None:
    forget_when(without, 3600)
    assert without.post(SET, {"new_password": NEW})["Location"].startswith("/account/mfa/prove/")
    assert not has_password(alice)


def test_the_former_one_is_not_taken_again(without: Client, alice: User) -> None:
    answer = without.post(SET, {"new_password": "short"})
    assert answer.status_code == 200
    assert not has_password(alice)


# --- The way back -----------------------------------------------------------------------------------------


@pytest.fixture
def codes(without: Client, alice: User) -> list[str]:
    return recovery.issue(alice)


def mailed_path(client: Client, user: User) -> str:
    client.post("/account/password/reset/", {"email": user.email})
    found = re.search(r"http://localhost(/\S+)", mails(message="recover_account").latest("id").text)
    assert found
    return found[1]


def test_mailbox_and_recovery_code_lead_to_a_new_passkey(codes: list[str], alice: User) -> None:
    browser, device = Client(), Device()
    path = mailed_path(browser, alice)
    assert "has no password" in browser.get(path).text
    assert browser.post(path, {"code": codes[0]})["Location"] == path
    answer = post_answer(browser, path, device.make(asked(browser.get(path))))
    assert answer["Location"] == "/account/login/"
    assert not is_in(browser)
    assert not has_password(alice)
    assert by_passkey(browser, device)["Location"] == "/account/"
    assert Event.objects.filter(action=Action.ACCOUNT_RECOVER).count() == 1


def test_it_ends_all_access_there_was(without: Client, codes: list[str], alice: User) -> None:
    browser = Client()
    path = mailed_path(browser, alice)
    browser.post(path, {"code": codes[0]})
    post_answer(browser, path, Device().make(asked(browser.get(path))))
    assert not is_in(without)
    assert browser.get(path).status_code == 410


def test_the_mailbox_alone_opens_nothing(codes: list[str], alice: User) -> None:
    browser = Client()
    path = mailed_path(browser, alice)
    count = Passkey.objects.count()
    browser.post(path, {"code": "BBBBB-BBBBB-BBBBB-BBBBB"})
    assert "application/json" not in browser.get(path).text
    post_answer(browser, path, "{}")
    assert Passkey.objects.count() == count


def test_a_code_shown_in_one_browser_is_no_use_in_another(codes: list[str], alice: User) -> None:
    browser, other = Client(), Client()
    path = mailed_path(browser, alice)
    browser.post(path, {"code": codes[0]})
    assert "application/json" not in other.get(path).text


def test_the_kill_switch_ends_it(codes: list[str], alice: User) -> None:
    browser = Client()
    path = mailed_path(browser, alice)
    browser.post(path, {"code": codes[0]})
    question = asked(browser.get(path))
    access.revoke(alice, reason=Reason.ADMINISTRATOR, actor=None)
    assert post_answer(browser, path, Device().make(question)).status_code == 410


@pytest.mark.parametrize("typed", [{"new_password": NEW}, {"code": "BCDF-GHJK", "new_password": NEW}])
def test_no_page_of_a_reset_sets_a_password(codes: list[str], alice: User, typed: dict[str, str]) -> None:
    fresh = proof.issue(user=alice, purpose=Proof.Purpose.RESET_PASSWORD, email=alice.email)
    browser = Client()
    answer = browser.post(f"/account/password/reset/{fresh.token}/", typed)
    assert answer["Location"] == f"/account/mfa/recover/{fresh.token}/"
    assert not has_password(alice)


def test_nor_does_its_code(codes: list[str], alice: User) -> None:
    browser = Client()
    browser.post("/account/password/reset/", {"email": alice.email})
    token = mailed_path(browser, alice).split("/")[-2]
    typed = {"code": proof.Secrets(token).code, "new_password": NEW}
    assert browser.post("/account/password/reset/code/", typed).status_code == 200
    assert not has_password(alice)


def test_without_codes_it_says_whom_to_ask(without: Client, alice: User) -> None:
    RecoveryCode.objects.all().delete()
    assert "Write to the people who run this site" in Client().get(mailed_path(Client(), alice)).text


def test_who_has_a_password_is_not_led_there(client: Client, alice: User, key: Device) -> None:
    fresh = proof.issue(user=alice, purpose=Proof.Purpose.RESET_PASSWORD, email=alice.email)
    assert client.get(f"/account/mfa/recover/{fresh.token}/").status_code == 410
    client.post(f"/account/password/reset/{fresh.token}/", {"new_password": NEW})
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert not alice.check_password(PASSWORD)


def test_after_a_disowned_sign_in_the_way_is_the_same(without: Client, codes: list[str], alice: User) -> None:
    fresh = proof.issue(user=alice, purpose=Proof.Purpose.DISOWN_SIGN_IN, email=alice.email)
    browser: Any = Client()
    answer = browser.post(f"/account/not-me/{fresh.token}/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/account/mfa/recover/")
    path = answer.redirect_chain[-1][0]
    browser.post(path, {"code": codes[0]})
    device = Device()
    post_answer(browser, path, device.make(asked(browser.get(path))))
    assert by_passkey(browser, device)["Location"] == "/account/"
