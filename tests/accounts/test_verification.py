"""The page between signing up and being in, and the link opened elsewhere."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.flows.email import send_verification
from accounts.models import Proof, Session, User
from audit.actions import Action
from audit.models import Event
from core.client import Facts
from tests.accounts.conftest import ADDRESS, PASSWORD
from tests.conftest import sign_in
from tests.outbox import mails

pytestmark = pytest.mark.django_db
PAGE = "/account/confirm-email/"
OTHER_PASSWORD = "another story of ten lamps"


def code(email: str = ADDRESS) -> str:
    found = re.search(
        r"^([B-Z]{4}-[B-Z]{4})$",
        mails(recipient=email).latest("id").text,
        re.MULTILINE,
    )
    assert found
    return found[1]


def test_the_code_confirms_and_goes_on_to_the_account(sign_up: Any, client: Client) -> None:
    sign_up()
    assert client.post(PAGE, {"code": code().lower()})["Location"] == "/account/"
    assert User.objects.get().has_verified_email
    assert client.get("/account/").status_code == 200


def test_a_wrong_code_is_explained(sign_up: Any, client: Client) -> None:
    sign_up()
    response = client.post(PAGE, {"code": "BBBB-BBBB"})
    assert "not right" in response.text
    assert not EmailAddress.objects.get().verified


def test_a_code_is_worth_nothing_in_another_browser(sign_up: Any) -> None:
    sign_up()
    other = Client()
    assert other.post(PAGE, {"code": code()}).status_code == 200
    assert not EmailAddress.objects.get().verified


def test_codes_cannot_be_tried_for_ever(sign_up: Any, client: Client) -> None:
    sign_up()
    statuses = [client.post(PAGE, {"code": "BBBB-BBBB"}).status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]


def test_sending_again_ends_the_earlier_mail(sign_up: Any, client: Client, link: Any) -> None:
    sign_up()
    first = link()
    assert "Sent once more" in client.post(PAGE, {"resend": "1"}).text
    assert link() != first
    assert "newer mail" in client.get(first).text
    assert client.post(link()).status_code == 302


def test_the_page_is_the_same_for_a_known_address(sign_up: Any, alice: User, client: Client) -> None:
    sign_up()
    fresh = [client.get(PAGE), client.post(PAGE, {"code": "BBBB-BBBB"}), client.post(PAGE, {"resend": "1"})]
    client.cookies.clear()
    sign_up(email=alice.email)
    known = [client.get(PAGE), client.post(PAGE, {"code": "BBBB-BBBB"}), client.post(PAGE, {"resend": "1"})]
    for one, other in zip(fresh, known, strict=True):
        assert (one.status_code, stripped(one)) == (other.status_code, stripped(other))


def stripped(response: Any) -> str:
    return re.sub(r'value="[^"]{60,}"', "", response.text)


def test_without_a_sign_up_the_page_offers_no_code(client: Client) -> None:
    assert 'name="code"' not in client.get(PAGE).text


def test_elsewhere_the_link_asks_for_a_password_of_its_own(sign_up: Any, link: Any) -> None:
    sign_up()
    other = Client()
    assert 'name="new_password"' in other.get(link()).text
    assert other.post(link(), {"new_password": OTHER_PASSWORD})["Location"] == "/account/login/"
    user = User.objects.get()
    assert user.has_verified_email
    assert user.check_password(OTHER_PASSWORD)
    assert not user.check_password(PASSWORD)


@pytest.mark.parametrize("bad", ["", "short", "dora@example.org", "x" * 257])
def test_elsewhere_a_bad_password_confirms_nothing_and_spends_nothing(
    sign_up: Any, link: Any, bad: str
) -> None:
    sign_up()
    other = Client()
    assert other.post(link(), {"new_password": bad}).status_code == 200
    assert not EmailAddress.objects.get().verified
    assert Proof.objects.get().is_open


def test_whoever_prepared_the_account_is_out(sign_up: Any, link: Any, client: Client) -> None:
    """Pre-hijacking: the attacker signs up with the victim's address and waits."""
    sign_up()
    victim = Client()
    victim.post(link(), {"new_password": OTHER_PASSWORD})
    assert client.get("/account/").status_code == 302
    assert client.post("/account/login/", {"login": ADDRESS, "password": PASSWORD}).status_code == 200
    assert not Session.objects.filter(user__isnull=False).exists()
    assert sign_in(victim, User.objects.get(), OTHER_PASSWORD)["Location"] == "/account/"
    assert Event.objects.filter(action=Action.PASSWORD_CHANGE).count() == 1


def test_the_attackers_waiting_page_opens_nothing_afterwards(sign_up: Any, link: Any, client: Client) -> None:
    """The half-finished sign-in that proved the old password must not be carried on with."""
    sign_up()
    Client().post(link(), {"new_password": OTHER_PASSWORD})
    client.post(PAGE, {"code": "BBBB-BBBB"})
    client.post(PAGE, {"resend": "1"})
    client.get("/account/login/")
    assert client.get("/account/").status_code == 302


def test_a_second_address_needs_no_new_password(alice: User) -> None:
    second = EmailAddress.objects.create(user=alice, email="alice@work.example", primary=False)
    send_verification(address=second, facts=Facts("", "", ""))
    path = re.search(r"http://localhost(/\S+)", mails().latest("id").text)
    assert path
    assert Client().post(path[1])["Location"] == "/account/login/"
    second.refresh_from_db()
    assert second.verified


def test_opening_the_link_signs_nobody_out(as_alice: Client, sign_up: Any, link: Any) -> None:
    Client().post("/account/signup/", {"email": ADDRESS, "password1": PASSWORD})
    as_alice.get(link())
    assert as_alice.get("/account/").status_code == 200
