"""Five wrong passwords close the door for one account from one network; its owner keeps a way in."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import Browser, User
from accounts.pages import overview
from accounts.retention import prune
from accounts.sign_in import lockout
from audit.actions import Action
from audit.models import Event
from tests.conftest import PASSWORD, sign_in
from tests.desk import act, chosen
from tests.outbox import mails

pytestmark = pytest.mark.django_db
ATTACKER, ELSEWHERE, WRONG = "203.0.113.9", "198.51.100.7", "not her password"


def attempt(email: str, password: str = WRONG, address: str = ATTACKER, **options: Any) -> Any:
    data = {"login": email, "password": password}
    client = options.get("client") or Client()
    return client.post("/account/login/", data, headers={"x-forwarded-for": address})


@pytest.fixture
def locked(alice: User) -> User:
    for _ in range(5):
        assert attempt(alice.email).status_code == 200
    return alice


def unlock_link(user: User) -> str:
    found = re.search(r"http://localhost(/\S+)", mails(message="locked_out", recipient=user.email).get().text)
    assert found
    return found[1]


def test_the_right_password_is_not_looked_at(locked: User) -> None:
    right, wrong = attempt(locked.email, PASSWORD), attempt(locked.email)
    assert right.status_code == wrong.status_code == 429
    assert re.sub(r"<code>\w+</code>", "", right.text) == re.sub(r"<code>\w+</code>", "", wrong.text)


def test_a_name_that_nobody_has_is_locked_alike(locked: User) -> None:
    answers = [attempt("nobody@example.org") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    known, unknown = attempt(locked.email), answers[-1]
    assert re.sub(r"<code>\w+</code>", "", known.text) == re.sub(r"<code>\w+</code>", "", unknown.text)
    assert not mails(recipient="nobody@example.org").exists()


def test_it_holds_for_that_network_only(locked: User) -> None:
    assert attempt(locked.email, PASSWORD, ELSEWHERE).status_code == 302


def test_it_holds_for_that_account_only(locked: User, bob: User) -> None:
    assert attempt(bob.email, PASSWORD).status_code == 302


@pytest.mark.parametrize("neighbour", ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"])
def test_an_ipv6_client_is_its_network(alice: User, neighbour: str) -> None:
    for number in range(5):
        attempt(alice.email, address=f"2001:db8:1:2::{number + 10}")
    assert attempt(alice.email, PASSWORD, neighbour).status_code == 429
    assert attempt(alice.email, PASSWORD, "2001:db8:1:3::1").status_code == 302


@pytest.mark.parametrize(("proxies", "shown"), [(0, "127.0.0.1"), (1, ELSEWHERE), (2, ATTACKER)])
def test_behind_any_number_of_proxies_the_client_is_the_one_our_outermost_saw(
    alice: User, settings: Any, proxies: int, shown: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    for _ in range(5):
        attempt(alice.email, address=f"192.0.2.1, {ATTACKER}, {ELSEWHERE}")
    assert AccessAttempt.objects.get().ip_address == shown


def test_forging_the_header_buys_nothing(alice: User) -> None:
    answers = [attempt(alice.email, address=f"192.0.2.{n}, {ATTACKER}").status_code for n in range(6)]
    assert answers[-1] == 429


@pytest.mark.parametrize("spelling", ["ALICE@example.org", " alice@example.org", "alice@ＥＸＡＭＰＬＥ.org"])
def test_another_spelling_is_the_same_name(locked: User, spelling: str) -> None:
    assert attempt(spelling, PASSWORD).status_code == 429


def test_waiting_ends_it_and_trying_does_not_lengthen_it(locked: User, settings: Any) -> None:
    first = int(attempt(locked.email)["Retry-After"])
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME / 2)
    for _ in range(3):
        left = int(attempt(locked.email)["Retry-After"])
    assert left <= first / 2 + 1
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME)
    assert attempt(locked.email, PASSWORD).status_code == 302


def test_old_failures_are_forgotten(alice: User, settings: Any) -> None:
    for _ in range(4):
        attempt(alice.email)
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME)
    for _ in range(4):
        assert attempt(alice.email).status_code == 200
    assert attempt(alice.email, PASSWORD).status_code == 302


def test_a_sign_in_forgets_the_failures_before_it(alice: User) -> None:
    for _ in range(4):
        attempt(alice.email)
    assert attempt(alice.email, PASSWORD).status_code == 302
    assert not AccessAttempt.objects.exists()


def test_nothing_typed_is_kept(locked: User) -> None:
    attempt("my secret by mistake")
    kept = " ".join(str(value) for row in AccessAttempt.objects.values() for value in row.values())
    assert locked.email not in kept
    assert "secret" not in kept


def test_a_check_that_goes_past_the_door_is_refused_too(locked: User) -> None:
    request = RequestFactory().post("/", headers={"x-forwarded-for": ATTACKER})
    assert authenticate(request, email=locked.email, password=PASSWORD) is None


@pytest.mark.django_db(transaction=True)
def test_failures_at_once_are_all_counted(alice: User) -> None:
    def fail(_: int) -> None:
        try:
            attempt(alice.email)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(fail, range(5)))
    assert attempt(alice.email, PASSWORD).status_code == 429
    assert Event.objects.filter(action=Action.SIGN_IN_LOCK).count() == 1


# --- The owner's way round ------------------------------------------------------------------------------


def test_a_known_browser_is_not_held_up(alice: User) -> None:
    hers = Client()
    assert sign_in(hers, alice).status_code == 302
    hers.post("/account/logout/")
    for _ in range(6):
        attempt(alice.email, address="127.0.0.1")
    assert attempt(alice.email, PASSWORD, "127.0.0.1").status_code == 429
    assert attempt(alice.email, PASSWORD, "127.0.0.1", client=hers).status_code == 302


def test_a_known_browser_has_a_limit_of_its_own(alice: User) -> None:
    hers = Client()
    sign_in(hers, alice)
    hers.post("/account/logout/")
    statuses = [attempt(alice.email, client=hers).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]


def test_a_browser_known_to_somebody_else_is_no_way_round(locked: User, bob: User) -> None:
    theirs = Client()
    sign_in(theirs, bob)
    theirs.post("/account/logout/")
    assert attempt(locked.email, PASSWORD, client=theirs).status_code == 429


def test_a_planted_cookie_is_not_taken_over(alice: User) -> None:
    victim = Client()
    victim.cookies["browser"] = "a" * 43
    sign_in(victim, alice)
    assert victim.cookies["browser"].value != "a" * 43


def test_the_mail_ends_the_wait_in_the_browser_that_opens_it(locked: User) -> None:
    hers, link = Client(), unlock_link(locked)
    assert hers.get(link).status_code == 200
    assert attempt(locked.email, PASSWORD).status_code == 429
    assert hers.post(link).url == "/account/login/"
    for _ in range(6):
        attempt(locked.email)
    assert attempt(locked.email, PASSWORD).status_code == 429
    assert attempt(locked.email, PASSWORD, client=hers).status_code == 302
    assert hers.post(link).status_code == 410


def test_few_mails_whatever_an_attacker_does(alice: User) -> None:
    for network in range(4):
        for _ in range(5):
            attempt(alice.email, address=f"203.0.113.{network}")
    assert mails(message="locked_out").count() == 2


def test_a_new_password_by_mail_ends_it(locked: User) -> None:
    Client().post("/account/password/reset/", {"email": locked.email})
    text = mails(message="reset_password").get().text
    found = re.search(r"http://localhost(/\S+)", text)
    assert found
    Client().post(found[1], {"new_password": "another story of ten lamps"})
    assert attempt(locked.email, "another story of ten lamps").status_code == 302


def test_an_operator_ends_it(locked: User) -> None:
    call_command("unlock_sign_in", locked.email)
    assert attempt(locked.email, PASSWORD).status_code == 302
    assert Event.objects.filter(action=Action.SIGN_IN_UNLOCK).count() == 1


def test_an_administrator_ends_it(locked: User, as_admin: Client) -> None:
    assert act(as_admin, locked, "unlock", follow=False).status_code == 302
    assert attempt(locked.email, PASSWORD).status_code == 302


def test_what_is_over_is_deleted(locked: User, settings: Any) -> None:
    Browser.objects.create(
        user=locked, digest="0" * 64, last_used_at=timezone.now() - settings.BROWSER_MEMORY
    )
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME)
    prune()
    assert not AccessAttempt.objects.exists()
    assert not Browser.objects.exists()


def test_failures_at_a_second_address_are_the_owners_to_see(alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="arden@example.net", verified=True)
    for _ in range(5):
        Client().post("/account/login/", {"login": "arden@example.net", "password": "not her password"})
    refused = Event.objects.of_person(alice.public_id).filter(action=Action.SIGN_IN_REFUSE)
    assert refused.count() == 5
    assert next(item.urgency for item in overview.to_do(alice)) == 10


def test_the_desk_lists_who_waits_and_ends_it(as_admin: Client, alice: User) -> None:
    for _number in range(5):
        Client().post("/account/login/", {"login": alice.email, "password": "wrong"})
    page = "/admin/accounts/lock/"
    assert "127.0.0.1" in as_admin.get(page, {"q": "ALICE@example.org"}).text
    assert "127.0.0.1" not in as_admin.get(page, {"q": "bob@example.org"}).text.split("<tbody>")[-1]
    as_admin.post(page, chosen("end", *lockout.now()))
    assert not lockout.now().exists()
    ended = Event.objects.get(action=Action.SIGN_IN_UNLOCK)
    assert ended.personal_fields().details == {"network": "127.0.0.1"}
