"""What a person says of themselves, and what the account tells them: profile, language, activity, home."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from accounts.flows import desk, profile
from accounts.models import User
from audit.actions import Action
from audit.models import Event
from core.client import Facts
from mfa.factors import recovery
from tests.conftest import PASSWORD
from tests.mfa.conftest import give_phone

pytestmark = pytest.mark.django_db
PAGE = "/account/profile/"
FACTS = Facts("203.0.113.9", "Firefox on Linux", "")


def save(client: Client, **values: str) -> Any:
    return client.post(PAGE, {"name": "Alice Arden", "language": "", "time_zone": "", **values})


def test_name_language_and_time_zone_are_kept(as_alice: Client, alice: User) -> None:
    assert save(as_alice, name="  Alice \n B. ", language="en", time_zone="Europe/Berlin").url == PAGE
    alice.refresh_from_db()
    assert (alice.name, alice.language, alice.time_zone) == ("Alice B.", "en", "Europe/Berlin")


def test_a_change_leaves_evidence_of_before_and_after(as_alice: Client, alice: User) -> None:
    save(as_alice, name="Alice B.")
    event = Event.objects.get(action=Action.PROFILE_CHANGE)
    assert event.changes == ["name"]
    assert event.personal_fields().before["name"] == "Alice Arden"


def test_saving_nothing_new_leaves_none(as_alice: Client) -> None:
    save(as_alice)
    assert not Event.objects.filter(action=Action.PROFILE_CHANGE).exists()


@pytest.mark.parametrize(
    "bad",
    [{"name": "x" * 151}, {"language": "xx"}, {"time_zone": "Mars/Base"}, {"time_zone": "../etc/passwd"}],
)
def test_what_cannot_be_kept_is_explained(as_alice: Client, alice: User, bad: dict[str, str]) -> None:
    assert save(as_alice, **bad).status_code == 200
    alice.refresh_from_db()
    assert (alice.name, alice.language, alice.time_zone) == ("Alice Arden", "", "")


@pytest.mark.parametrize("name", ["<b>x</b>", "Łukasz Ölaf", "明 李", "Robert'); DROP TABLE"])
def test_any_name_is_shown_as_it_is(as_alice: Client, alice: User, name: str) -> None:
    save(as_alice, name=name)
    page = as_alice.get("/account/").text
    assert "<b>x</b>" not in page
    alice.refresh_from_db()
    assert alice.name == name


def test_times_are_shown_by_the_persons_own_clock(as_alice: Client, alice: User) -> None:
    profile.update(user=alice, facts=FACTS, time_zone="Asia/Tokyo")
    assert "JST" in as_alice.get("/account/activity/").text


def test_one_persons_clock_is_not_the_next_ones(as_alice: Client, alice: User, bob: User) -> None:
    profile.update(user=alice, facts=FACTS, time_zone="Asia/Tokyo")
    as_alice.get("/account/activity/")
    other = Client()
    other.post("/account/login/", {"login": bob.email, "password": PASSWORD})
    assert "JST" not in other.get("/account/activity/").text


# --- Activity ---------------------------------------------------------------------------------------------


def test_activity_says_what_happened_in_plain_words(as_alice: Client) -> None:
    page = as_alice.get("/account/activity/").text
    assert "Signed in" in page
    assert "account:sign-in" not in page


def test_it_shows_a_refused_attempt_and_from_where(as_alice: Client, alice: User) -> None:
    wrong = {"login": alice.email, "password": "not her password"}
    Client().post("/account/login/", wrong, headers={"x-forwarded-for": "198.51.100.7"})
    page = as_alice.get("/account/activity/").text
    assert "Sign-in refused" in page
    assert "198.51.100.7" in page


def test_it_does_not_tell_where_an_administrator_sits(as_alice: Client, alice: User, admin: User) -> None:
    desk.unlock(user=alice, actor=admin, facts=Facts("198.51.100.7", "Firefox on Linux", ""))
    page = as_alice.get("/account/activity/").text
    assert "by an administrator" in page
    assert "198.51.100.7" not in page


def test_nobody_reads_the_activity_of_others(as_alice: Client, bob: User) -> None:
    profile.update(user=bob, facts=Facts("192.0.2.99", "", ""), name="Bobby")
    assert "192.0.2.99" not in as_alice.get("/account/activity/").text


def test_a_long_story_has_pages(as_alice: Client, alice: User) -> None:
    for number in range(30):
        profile.update(user=alice, facts=FACTS, name=f"Alice {number}")
    first = as_alice.get("/account/activity/").text
    assert first.count("Profile changed") == 25
    before = first.split("?before=")[1].split('"')[0]
    second = as_alice.get(f"/account/activity/?before={before}").text
    assert second.count("Profile changed") == 5
    assert "Earlier" not in second


@pytest.mark.parametrize("bad", ["x", "-1", "9" * 30, "１"])
def test_a_made_up_page_is_bad_input(as_alice: Client, bad: str) -> None:
    assert as_alice.get(f"/account/activity/?before={bad}").status_code == 400


# --- Home -------------------------------------------------------------------------------------------------


def test_when_all_is_well_the_home_says_so(as_alice: Client, alice: User) -> None:
    give_phone(alice)
    recovery.issue(alice)
    assert "nothing for you to do" in as_alice.get("/account/").text


def test_an_address_that_waits_is_something_to_do(as_alice: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="arden@example.net")
    assert "1 address is not confirmed yet." in as_alice.get("/account/").text


def test_so_is_a_lock_on_the_account(as_alice: Client, alice: User) -> None:
    for _ in range(5):
        Client().post("/account/login/", {"login": alice.email, "password": "not her password"})
    assert "typed wrong passwords" in as_alice.get("/account/").text


@pytest.mark.parametrize(
    "path", ["", "profile/", "addresses/", "sessions/", "activity/", "password/change/", "reauthenticate/"]
)
def test_every_page_of_the_account_costs_few_queries(
    as_alice: Client, alice: User, path: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        EmailAddress.objects.create(user=alice, email=f"a{number}@example.net")
    with django_assert_max_num_queries(10):
        assert as_alice.get(f"/account/{path}").status_code == 200


# --- Language ---------------------------------------------------------------------------------------------


def test_a_language_is_chosen_at_the_foot_of_a_page(as_alice: Client, alice: User) -> None:
    answer = as_alice.post("/account/language/", {"language": "en", "next": PAGE})
    assert answer.url == PAGE
    alice.refresh_from_db()
    assert alice.language == "en"


@pytest.mark.parametrize(
    ("data", "status"), [({"language": "xx"}, 400), ({}, 400), ({"language": "en", "next": "//evil"}, 302)]
)
def test_nonsense_changes_nothing_and_leads_nowhere(
    client: Client, db: Any, data: dict[str, str], status: int
) -> None:
    answer = client.post("/account/language/", data)
    assert answer.status_code == status
    assert answer.get("Location", "/") == "/"


# --- Sessions ---------------------------------------------------------------------------------------------


def test_staff_are_signed_out_sooner(as_alice: Client, as_admin: Client, alice: User, admin: User) -> None:
    hers, theirs = alice.sessions.get(), admin.sessions.get()
    assert theirs.strict
    assert theirs.expire_date - timezone.now() <= timedelta(minutes=15) < hers.expire_date - timezone.now()
    admin.sessions.update(last_seen_at=timezone.now() - timedelta(minutes=5))
    as_admin.get("/account/")
    assert admin.sessions.get().expire_date - timezone.now() <= timedelta(minutes=15)


def test_staff_have_to_sign_in_again_in_any_case(as_admin: Client, admin: User, settings: Any) -> None:
    began = timezone.now() - settings.STAFF_SESSION_ABSOLUTE_TIMEOUT + timedelta(minutes=10)
    admin.sessions.update(created_at=began, last_seen_at=timezone.now() - timedelta(minutes=5))
    as_admin.get("/account/")
    assert admin.sessions.get().expire_date - timezone.now() <= timedelta(minutes=10)


def test_of_too_many_sessions_the_one_not_seen_for_longest_gives_way(alice: User, settings: Any) -> None:
    settings.SESSIONS_PER_PERSON = 2
    browsers = [Client(), Client(), Client()]
    for age, browser in zip((30, 20, 10), browsers, strict=True):
        browser.post("/account/login/", {"login": alice.email, "password": PASSWORD})
        newest = alice.sessions.latest("created_at")
        alice.sessions.filter(pk=newest.pk).update(last_seen_at=timezone.now() - timedelta(minutes=age))
    assert [browser.get("/account/").status_code for browser in browsers] == [302, 200, 200]
    ended = Event.objects.of_person(alice.public_id).get(action=Action.SESSION_END)
    assert ended.data == {"reason": "limit", "ended": 1}


def test_old_names_of_time_zones_are_kept_and_not_offered(as_alice: Client, alice: User) -> None:
    old = 'value="America/Buenos_Aires"'
    assert old not in as_alice.get(PAGE).text
    User.objects.update(time_zone="America/Buenos_Aires")
    assert old in as_alice.get(PAGE).text
    assert save(as_alice, time_zone="America/Buenos_Aires").url == PAGE
