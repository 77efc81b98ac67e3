"""Who is asked at the desk to prove their address anew proves the main one, and nothing else stands in for it."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.flows import proof
from accounts.models import Proof, User
from tests.conftest import sign_in
from tests.desk import act
from tests.outbox import mails

pytestmark = pytest.mark.django_db
WAIT = "/account/confirm-email/"


def confirm(client: Client, user: User, email: str) -> Any:
    fresh = proof.issue(user=user, purpose=Proof.Purpose.VERIFY_EMAIL, email=email)
    return client.post(f"{WAIT}{fresh.token}/")


def test_they_come_in_again_once_the_main_address_is_proved(as_admin: Client, alice: User) -> None:
    act(as_admin, alice, "require-proof-of-address")
    browser = Client()
    assert sign_in(browser, alice)["Location"].startswith(WAIT)
    confirm(browser, alice, alice.email)
    again = Client()
    assert sign_in(again, alice)["Location"] == "/account/"
    alice.refresh_from_db()
    assert alice.proof_asked_at is None


def test_another_address_of_theirs_does_not_stand_in_for_it(as_admin: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="arden@example.net", verified=True)
    act(as_admin, alice, "require-proof-of-address")
    confirm(Client(), alice, "arden@example.net")
    alice.refresh_from_db()
    assert alice.proof_asked_at is not None
    browser = Client()
    answer = browser.post(
        "/account/login/", {"login": "arden@example.net", "password": "an untold story of nine lamps"}
    )
    assert answer["Location"].startswith(WAIT)
    assert browser.get("/account/").status_code == 302
    assert {mail.recipient for mail in mails(message="verify_email")} <= {alice.email}
