"""New factors for somebody who lost theirs: slowly, with witnesses, and never by turning them off."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.flows import provision
from accounts.models import Proof, Session, User
from accounts.roles.catalogue import BuiltInRole
from audit.actions import Action
from audit.models import Event
from core.client import Facts
from mfa import retention
from mfa.flows import reset
from mfa.models import Authenticator, FactorReset
from mfa.tasks import release_resets
from tests.conftest import PASSWORD, forget_when, give_app, make_staff, sign_in
from tests.desk import act, chosen
from tests.mfa.conftest import CHALLENGE, Phone, give_phone, is_in, shown_codes
from tests.outbox import mails

pytestmark = pytest.mark.django_db
LIST = "/admin/mfa/factorreset/"
ENROL, APP, DONE = "/account/mfa/enrol/", "/account/mfa/enrol/app/", "/account/mfa/enrol/done/"
FACTS = Facts("203.0.113.9", "", "")


@pytest.fixture
def second(db: Any) -> User:
    user = provision.create_person(email="second@example.org", password=PASSWORD, administrator=True)
    give_app(user)
    return user


@pytest.fixture
def row(admin: User, phone: Phone) -> FactorReset:
    return reset.ask(user=phone.user, actor=admin, reason="She came by with her passport.", facts=FACTS)


@pytest.fixture
def released(row: FactorReset) -> FactorReset:
    FactorReset.objects.update(hold_until=timezone.now())
    release_resets()
    row.refresh_from_db()
    return row


def link(message: str, **where: str) -> str:
    found = re.search(r"http://localhost(/\S+)", mails(message=message, **where).latest("id").text)
    assert found
    return found[1]


def opened(alice: User) -> Client:
    """A browser in which the link was used and the password is right."""
    client = Client()
    client.post(link("factor_reset_ready"))
    assert sign_in(client, alice)["Location"] == ENROL
    return client


def new_phone(client: Client, user: User) -> Phone:
    found = re.search(r'class="key-text">([A-Z2-7 ]+)<', client.get(APP).text)
    assert found
    return Phone(user, found[1].replace(" ", ""))


# --- At the desk ------------------------------------------------------------------------------------------


def test_an_administrator_asks_with_a_reason(as_admin: Client, admin: User, phone: Phone) -> None:
    assert act(as_admin, phone.user, "reset-factors", reason="").status_code == 200
    assert as_admin.post(f"{LIST}add/", {"person": phone.user.email}).status_code == 200
    assert not FactorReset.objects.exists()
    act(as_admin, phone.user, "reset-factors", reason="She came by.")
    row = FactorReset.objects.get()
    assert (row.user, row.asked_by, row.reason) == (phone.user, admin, "She came by.")
    assert row.hold_until > timezone.now() + timedelta(hours=23)
    assert Event.objects.get(action=Action.FACTOR_RESET_ASK).person == phone.user.public_id
    assert Authenticator.objects.filter(user=phone.user).exists()


def test_only_with_a_factor_of_their_own_shown_lately(as_admin: Client, phone: Phone) -> None:
    forget_when(as_admin, 3600)
    answer = as_admin.post(f"{LIST}add/", {"person": phone.user.email, "reason": "x"})
    assert answer["Location"].startswith("/account/mfa/prove/")
    assert not FactorReset.objects.exists()


def test_nobody_resets_their_own(admin: User) -> None:
    with pytest.raises(reset.NotAllowed):
        reset.ask(user=admin, actor=admin, reason="x", facts=FACTS)


def test_staff_do_not_reset_a_superusers(client: Client, admin: User, bob: User) -> None:
    make_staff(bob)
    sign_in(client, bob)
    answer = client.post(f"{LIST}add/", {"person": admin.email, "reason": "x"})
    assert answer.status_code == 403
    assert not FactorReset.objects.exists()


def test_nor_does_who_may_not(client: Client, bob: User, phone: Phone) -> None:
    make_staff(bob, BuiltInRole.AUDITOR)
    sign_in(client, bob)
    assert client.post(f"{LIST}add/", {"person": phone.user.email, "reason": "x"}).status_code == 403


def test_one_at_a_time_and_only_where_there_is_something(row: FactorReset, admin: User, bob: User) -> None:
    for user in (row.user, bob):
        with pytest.raises(reset.NothingToReset):
            reset.ask(user=user, actor=admin, reason="x", facts=FACTS)


# --- The time to cancel -----------------------------------------------------------------------------------


def test_the_person_is_told_at_every_confirmed_address(admin: User, phone: Phone) -> None:
    EmailAddress.objects.create(user=phone.user, email="arden@example.net", verified=True)
    EmailAddress.objects.create(user=phone.user, email="claimed@example.net", verified=False)
    reset.ask(user=phone.user, actor=admin, reason="x", facts=FACTS)
    told = set(mails(message="factor_reset_asked").values_list("recipient", flat=True))
    assert told == {phone.user.email, "arden@example.net"}


def test_before_the_time_is_over_nothing_is_sent(row: FactorReset) -> None:
    release_resets()
    assert not mails(message="factor_reset_ready").exists()


def test_it_is_cancelled_by_a_button_in_any_browser(row: FactorReset, client: Client) -> None:
    path = link("factor_reset_asked")
    for _ in range(2):
        assert "Cancel the reset" in client.get(path).text
    assert FactorReset.objects.get().ended_at is None
    assert "Your second step stays" in client.post(path).text
    assert FactorReset.objects.get().end == FactorReset.End.CANCELLED
    assert client.post(path).status_code == 410
    FactorReset.objects.update(hold_until=timezone.now())
    assert reset.release_due() == 0


def test_also_after_the_link_was_sent(released: FactorReset, client: Client, alice: User) -> None:
    browser = opened(alice)
    code = new_phone(browser, alice).code(-1)
    client.post(link("factor_reset_asked"))
    browser.post(APP, {"code": code, "name": "Phone"})
    browser.post(DONE)
    assert not is_in(browser)
    assert Authenticator.objects.filter(user=alice).count() == 1
    assert sign_in(browser, alice)["Location"] == CHALLENGE


def test_an_administrator_can_withdraw_it(as_admin: Client, released: FactorReset) -> None:
    path = link("factor_reset_ready")
    as_admin.post(LIST, chosen("withdraw", released))
    assert FactorReset.objects.get().end == FactorReset.End.WITHDRAWN
    assert Client().get(path).status_code == 410


# --- A second administrator -------------------------------------------------------------------------------


def test_a_second_administrator_makes_it_sooner(second: User, row: FactorReset) -> None:
    client = Client()
    sign_in(client, second)
    client.post(LIST, chosen("confirm", row))
    row.refresh_from_db()
    assert row.confirmed_by == second
    assert mails(message="factor_reset_ready").count() == 1


def test_not_the_one_who_asked(as_admin: Client, row: FactorReset) -> None:
    answer = as_admin.post(LIST, chosen("confirm", row), follow=True)
    assert "cannot confirm it" in answer.text
    row.refresh_from_db()
    assert row.released_at is None


def test_nor_the_person_themselves(row: FactorReset) -> None:
    make_staff(row.user, is_superuser=True)
    with pytest.raises(reset.NotAllowed):
        reset.confirm(row=row, actor=row.user, facts=FACTS)


def at_once(*acts: Any) -> list[Any]:
    def run(act: Any) -> Any:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_does(row: FactorReset, second: User) -> None:
    third = provision.create_person(email="third@example.org", password=PASSWORD, administrator=True)
    done = at_once(
        *(lambda who=who: reset.confirm(row=row, actor=who, facts=FACTS) for who in (second, third))
    )
    assert sorted(done) == [False, True]
    assert Proof.objects.filter(purpose=Proof.Purpose.ENROL_FACTOR).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_cancelling_and_finishing_at_once_one_happens(released: FactorReset, alice: User) -> None:
    browser, stop = opened(alice), link("factor_reset_asked")
    code = new_phone(browser, alice).code(-1)
    page, cancelled = at_once(
        lambda: browser.post(APP, {"code": code, "name": "New"}), lambda: Client().post(stop)
    )
    is_new = Authenticator.objects.get(user=alice).name == "New"
    assert is_new == bool(shown_codes(page))
    assert is_new != ("Cancelled" in cancelled.text)


# --- The new factor ---------------------------------------------------------------------------------------


def test_the_link_and_the_first_step_lead_to_a_new_factor(
    released: FactorReset, alice: User, inside: Client
) -> None:
    browser = opened(alice)
    assert "In place of the one you have lost" in browser.get(ENROL).text
    phone = new_phone(browser, alice)
    page = browser.post(APP, {"code": phone.code(-1), "name": "New"})
    assert len(shown_codes(page)) == 10
    assert [app.name for app in Authenticator.objects.filter(user=alice)] == ["New"]
    assert not is_in(browser)
    assert not is_in(inside)
    assert sign_in(browser, alice)["Location"] == CHALLENGE
    assert browser.post(CHALLENGE, {"code": phone.code()})["Location"] == "/account/"
    assert FactorReset.objects.get().end == FactorReset.End.USED
    assert Event.objects.filter(action=Action.FACTOR_RESET_USE).count() == 1


def test_the_link_alone_signs_nobody_in_and_ends_nothing(released: FactorReset, alice: User) -> None:
    client = Client()
    client.get(link("factor_reset_ready"))
    client.post(link("factor_reset_ready"))
    assert not Session.objects.filter(user__isnull=False).exists()
    assert Authenticator.objects.filter(user=alice).count() == 1


@pytest.mark.parametrize("path", [ENROL, DONE, CHALLENGE, "/account/", "/account/mfa/app/add/"])
def test_it_lets_nobody_pass_without_a_new_one(released: FactorReset, alice: User, path: str) -> None:
    browser = opened(alice)
    browser.post(path)
    browser.get(path)
    assert not is_in(browser)
    assert Authenticator.objects.filter(user=alice).count() == 1


def test_a_wrong_code_ends_nothing(released: FactorReset, alice: User, phone: Phone) -> None:
    browser = opened(alice)
    browser.post(APP, {"code": new_phone(browser, alice).wrong(), "name": "New"})
    assert phone.row.name == "Phone"
    assert Proof.objects.open().filter(purpose=Proof.Purpose.ENROL_FACTOR).exists()


def test_in_another_browser_the_old_factor_is_asked(released: FactorReset, alice: User) -> None:
    opened(alice)
    assert sign_in(Client(), alice)["Location"] == CHALLENGE


def test_nor_does_it_open_another_persons(released: FactorReset, bob: User) -> None:
    give_phone(bob)
    client = Client()
    client.post(link("factor_reset_ready"))
    assert sign_in(client, bob)["Location"] == CHALLENGE


def test_it_works_once(released: FactorReset, alice: User) -> None:
    path = link("factor_reset_ready")
    browser = opened(alice)
    browser.post(APP, {"code": new_phone(browser, alice).code(-1), "name": "New"})
    assert browser.get(path).status_code == 410
    assert browser.post(path).status_code == 410


def test_and_for_a_day(released: FactorReset, alice: User, admin: User) -> None:
    browser = opened(alice)
    Proof.objects.update(expires_at=timezone.now())
    assert browser.get(ENROL)["Location"] == "/account/login/"
    assert Client().get(link("factor_reset_ready")).status_code == 410
    FactorReset.objects.update(released_at=timezone.now() - timedelta(days=2))
    reset.ask(user=alice, actor=admin, reason="Once more.", facts=FACTS)


def test_the_kill_switch_ends_it(released: FactorReset, alice: User) -> None:
    browser, path = opened(alice), link("factor_reset_ready")
    access.revoke(alice, reason=Reason.ADMINISTRATOR, actor=None)
    assert FactorReset.objects.get().end == FactorReset.End.REVOKED
    assert Client().get(path).status_code == 410
    assert browser.get(ENROL)["Location"] == "/account/login/"


def test_what_is_over_is_kept_for_a_while(released: FactorReset) -> None:
    FactorReset.objects.update(ended_at=timezone.now() - timedelta(days=89))
    retention.prune()
    assert FactorReset.objects.exists()
    FactorReset.objects.update(ended_at=timezone.now() - timedelta(days=91))
    retention.prune()
    assert not FactorReset.objects.exists()


def test_nor_somebody_whose_role_is_brand_new(row: FactorReset, bob: User) -> None:
    """A second account of whoever asked is no second person."""
    make_staff(bob, BuiltInRole.ADMINISTRATOR)
    with pytest.raises(reset.SecondPersonNeeded):
        reset.confirm(row=row, actor=bob, facts=FACTS)
    bob.role_grants.update(given_at=timezone.now() - timedelta(hours=25))
    assert reset.confirm(row=row, actor=bob, facts=FACTS)
