"""Several addresses, one of them the main one; what changes can be undone from the mailbox it left."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from accounts.flows import addresses, provision
from accounts.models import Proof, Session, User
from audit.actions import Action
from audit.models import Event
from tests.conftest import PASSWORD, sign_in
from tests.outbox import CODE, mails

pytestmark = pytest.mark.django_db
PAGE = "/account/addresses/"
SECOND = "arden@example.net"


def add(client: Client, email: str = SECOND) -> Any:
    return client.post(f"{PAGE}add/", {"email": email})


def path_in(message: str, to: str) -> str:
    found = re.search(r"http://localhost(/\S+)", mails(message=message, recipient=to).latest("id").text)
    assert found
    return found[1]


def code_for(email: str) -> str:
    text = mails(message="verify_added_address", recipient=email).latest("id").text
    found = CODE.search(text)
    assert found
    return found[1]


def confirmed(client: Client, email: str = SECOND) -> EmailAddress:
    add(client, email)
    client.post(f"{PAGE}confirm/", {"email": email, "code": code_for(email)})
    return EmailAddress.objects.get(email=email, verified=True)


def make_main(client: Client, address: EmailAddress) -> Any:
    return client.post(f"{PAGE}make-main/", {"address": address.pk})


# --- Adding -------------------------------------------------------------------------------------------


def test_an_added_address_waits_for_its_proof(as_alice: Client, alice: User) -> None:
    assert add(as_alice).url == PAGE
    assert not EmailAddress.objects.get(user=alice, email=SECOND).verified
    mail = mails(message="verify_added_address").get()
    assert mail.recipient == SECOND
    assert alice.email in mail.text
    assert "not confirmed" in as_alice.get(PAGE).text


def test_its_code_proves_it(as_alice: Client, alice: User) -> None:
    assert confirmed(as_alice).user == alice
    actions = Event.objects.of_person(alice.public_id).values_list("action", flat=True)
    assert {Action.EMAIL_ADD, Action.EMAIL_VERIFY} <= set(actions)


def test_so_does_its_link_in_any_browser(as_alice: Client) -> None:
    add(as_alice)
    link = path_in("verify_added_address", SECOND)
    assert Client().get(link).status_code == 200
    assert not EmailAddress.objects.get(email=SECOND).verified
    Client().post(link)
    assert EmailAddress.objects.get(email=SECOND).verified


def test_one_can_sign_in_with_it(as_alice: Client, client: Client) -> None:
    confirmed(as_alice)
    answer = Client().post("/account/login/", {"login": SECOND, "password": PASSWORD})
    assert answer.url == "/account/"


def test_an_unproved_one_opens_nothing(as_alice: Client) -> None:
    add(as_alice)
    answer = Client().post("/account/login/", {"login": SECOND, "password": PASSWORD})
    assert answer.status_code == 200


def test_a_wrong_code_proves_nothing(as_alice: Client) -> None:
    add(as_alice)
    answer = as_alice.post(f"{PAGE}confirm/", {"email": SECOND, "code": "BBBB-BBBB"})
    assert "not right" in answer.text
    assert not EmailAddress.objects.get(email=SECOND).verified


def test_the_code_of_one_address_does_not_prove_another(as_alice: Client) -> None:
    add(as_alice)
    add(as_alice, "third@example.net")
    as_alice.post(f"{PAGE}confirm/", {"email": "third@example.net", "code": code_for(SECOND)})
    assert not EmailAddress.objects.filter(email="third@example.net", verified=True).exists()


def test_somebody_elses_address_looks_the_same_and_its_owner_is_told(
    as_alice: Client, alice: User, bob: User
) -> None:
    assert (add(as_alice, bob.email).status_code, add(as_alice).status_code) == (302, 302)
    page = as_alice.get(PAGE).text
    assert page.count("not confirmed") == 2
    assert mails(recipient=bob.email).get().message == "address_taken"
    assert not Proof.objects.filter(email=bob.email).exists()


@pytest.mark.parametrize("bad", ["", "nonsense", "a" * 250 + "@example.org", "alice@example.org"])
def test_what_is_no_new_address_is_explained(as_alice: Client, alice: User, bad: str) -> None:
    assert add(as_alice, bad).status_code == 200
    assert EmailAddress.objects.filter(user=alice).count() == 1


def test_there_is_an_end_to_it(as_alice: Client, alice: User) -> None:
    for number in range(addresses.LIMIT - 1):
        EmailAddress.objects.create(user=alice, email=f"a{number}@example.net")
    assert "Remove one first" in add(as_alice).text


def test_mails_to_others_are_limited(as_alice: Client) -> None:
    answers = [add(as_alice).status_code for _ in range(11)]
    assert answers == [302] * 10 + [429]


def test_however_many_people_add_it_a_mailbox_gets_few_mails(
    as_alice: Client, alice: User, bob: User
) -> None:
    as_bob = Client()
    sign_in(as_bob, bob)
    for client in (as_alice, as_bob):
        assert [add(client).status_code for _ in range(4)] == [302] * 4
    assert mails(recipient=SECOND).count() == 5


# --- Changing -----------------------------------------------------------------------------------------


def test_the_main_address_changes_and_both_mailboxes_are_told(as_alice: Client, alice: User) -> None:
    former = alice.email
    assert make_main(as_alice, confirmed(as_alice)).url == PAGE
    alice.refresh_from_db()
    assert alice.email == SECOND
    assert mails(message="address_changed").get().recipient == former
    assert mails(message="address_is_main").get().recipient == SECOND
    event = Event.objects.get(action=Action.EMAIL_CHANGE)
    assert event.personal_fields().after == {"email": SECOND}


def test_an_unproved_one_never_becomes_the_main_one(as_alice: Client, alice: User) -> None:
    add(as_alice)
    make_main(as_alice, EmailAddress.objects.get(email=SECOND))
    alice.refresh_from_db()
    assert alice.email != SECOND


@pytest.mark.parametrize("action", ["make-main", "remove"])
def test_nobody_touches_the_addresses_of_others(
    as_alice: Client, alice: User, bob: User, action: str
) -> None:
    theirs = EmailAddress.objects.create(user=bob, email="bob@example.net", verified=True)
    as_alice.post(f"{PAGE}{action}/", {"address": theirs.pk})
    theirs.refresh_from_db()
    assert (theirs.user, theirs.primary) == (bob, False)
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


@pytest.mark.parametrize("bad", ["", "x", "-1", "999999999999999999999"])
def test_what_is_no_address_of_hers_is_no_failure_of_ours(as_alice: Client, bad: str) -> None:
    assert as_alice.post(f"{PAGE}remove/", {"address": bad}).status_code in (302, 404)


def test_the_main_address_stays(as_alice: Client, alice: User) -> None:
    as_alice.post(f"{PAGE}remove/", {"address": EmailAddress.objects.get(user=alice).pk})
    assert EmailAddress.objects.filter(user=alice).count() == 1


def test_a_removed_one_opens_nothing_and_its_mailbox_is_told(as_alice: Client) -> None:
    as_alice.post(f"{PAGE}remove/", {"address": confirmed(as_alice).pk})
    assert not EmailAddress.objects.filter(email=SECOND).exists()
    assert mails(message="address_changed").get().recipient == SECOND
    assert Client().post("/account/login/", {"login": SECOND, "password": PASSWORD}).status_code == 200


def test_a_link_for_an_address_that_was_removed_is_over(as_alice: Client) -> None:
    add(as_alice)
    link = path_in("verify_added_address", SECOND)
    as_alice.post(f"{PAGE}remove/", {"address": EmailAddress.objects.get(email=SECOND).pk})
    assert Client().post(link).status_code == 410


def test_a_reset_mail_on_its_way_to_the_former_address_is_worthless(as_alice: Client, alice: User) -> None:
    Client().post("/account/password/reset/", {"email": alice.email})
    link = path_in("reset_password", alice.email)
    make_main(as_alice, confirmed(as_alice))
    assert Client().get(link).status_code == 410


@pytest.mark.parametrize("action", ["add", "make-main", "remove"])
def test_every_change_asks_who_it_is_first(as_alice: Client, settings: Any, action: str) -> None:
    settings.REAUTHENTICATION_TIMEOUT = timedelta(0)
    answer = as_alice.post(f"{PAGE}{action}/", {"email": SECOND, "address": "1"})
    assert answer.url == "/account/reauthenticate/?next=%2Faccount%2Faddresses%2F"


def test_the_page_costs_few_queries(as_alice: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(10):
        as_alice.get(PAGE)


# --- Undoing ------------------------------------------------------------------------------------------


@pytest.fixture
def undo(as_alice: Client, alice: User) -> str:
    """A thief at Alice's open browser has made an address of theirs the main one."""
    make_main(as_alice, confirmed(as_alice, "thief@example.net"))
    return path_in("address_changed", "alice@example.org")


def test_opening_it_changes_nothing(undo: str, alice: User) -> None:
    assert "Undo the change" in Client().get(undo).text
    alice.refresh_from_db()
    assert alice.email == "thief@example.net"


def test_it_gives_the_account_back_to_the_mailbox_it_left(undo: str, as_alice: Client, alice: User) -> None:
    owner = Client()
    answer = owner.post(undo)
    assert answer.url.startswith("/account/password/reset/")
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"
    assert list(EmailAddress.objects.filter(user=alice).values_list("email", "verified", "primary")) == [
        ("alice@example.org", True, True)
    ]
    assert not Session.objects.filter(user=alice).exists()
    assert as_alice.get("/account/").status_code == 302


def test_until_a_new_password_is_chosen_nobody_gets_in(undo: str, alice: User) -> None:
    owner = Client()
    recovery = owner.post(undo).url
    alice.refresh_from_db()
    assert sign_in(Client(), alice).url == "/account/locked/"
    assert owner.post(recovery, {"new_password": "another story of ten lamps"}).url == "/account/login/"
    assert sign_in(Client(), alice, "another story of ten lamps").url == "/account/"
    assert sign_in(Client(), alice).status_code == 200


def test_it_works_from_the_browser_that_is_signed_in_too(undo: str, as_alice: Client) -> None:
    recovery = as_alice.post(undo).url
    assert recovery.startswith("/account/password/reset/")
    assert "Now choose a new password" in as_alice.get(recovery).text


def test_a_thief_cannot_take_it_away(undo: str, as_alice: Client, alice: User) -> None:
    """Neither a new password, nor removing the former address, nor a second change ends the link."""
    new = "a password of the thief"
    as_alice.post("/account/password/change/", {"current_password": PASSWORD, "new_password": new})
    make_main(as_alice, confirmed(as_alice, "thief2@example.net"))
    for address in EmailAddress.objects.filter(user=alice, primary=False):
        as_alice.post(f"{PAGE}remove/", {"address": address.pk})
    assert Client().post(undo).status_code == 302
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


def test_it_works_once_and_for_a_week(undo: str) -> None:
    assert Proof.objects.get(purpose=addresses.UNDO).expires_at > timezone.now() + timedelta(days=6)
    assert Client().post(undo).status_code == 302
    assert Client().post(undo).status_code == 410


def test_later_it_says_so(undo: str) -> None:
    Proof.objects.filter(purpose=addresses.UNDO).update(expires_at=timezone.now())
    assert "older than a week" in Client().get(undo).text
    assert Client().post(undo).status_code == 410


def test_when_the_address_is_somebody_elses_by_now_nothing_changes(
    undo: str, as_alice: Client, alice: User
) -> None:
    EmailAddress.objects.filter(email="alice@example.org").delete()
    provision.create_person(email="alice@example.org", password=PASSWORD)
    answer = Client().post(undo)
    assert "belongs to another account" in answer.text
    alice.refresh_from_db()
    assert alice.email == "thief@example.net"
