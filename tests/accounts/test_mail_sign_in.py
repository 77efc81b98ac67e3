"""Signing in by a code or a link from a mail: in the browser that asked, once, and for the first step only."""

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
from accounts.flows import mail_sign_in, proof
from accounts.models import MailRequest, Proof, Session, User
from accounts.sign_in import ways_in
from audit.actions import Action
from audit.models import Event
from core.models import OutboxMessage
from tests.conftest import PASSWORD, sign_in
from tests.mfa.conftest import CHALLENGE, Phone, give_phone, is_in
from tests.outbox import mails

pytestmark = pytest.mark.django_db
ASK, CODE = "/account/login/mail/", "/account/login/mail/code/"


@pytest.fixture(autouse=True)
def offered(settings: Any) -> None:
    settings.SIGN_IN_BY_MAIL = True


def ask(client: Client, email: str, **more: str) -> Any:
    return client.post(ASK, {"email": email, **more})


def mailed(message: str = "sign_in_code") -> OutboxMessage:
    return mails(message=message).latest("id")


def link() -> str:
    found = re.search(r"http://localhost(/account/login/mail/\S+)", mailed().text)
    assert found
    return found[1]


def code() -> str:
    found = re.search(r"^([B-Z]{4}-[B-Z]{4})$", mailed().text, re.MULTILINE)
    assert found
    return found[1]


def type_code(client: Client, typed: str) -> Any:
    return client.post(CODE, {"code": typed})


@pytest.fixture
def asked(client: Client, alice: User) -> Client:
    """Alice's browser, with a mail on its way."""
    assert ask(client, alice.email)["Location"] == CODE
    return client


def test_the_code_signs_in(asked: Client, alice: User) -> None:
    assert alice.email in asked.get(CODE).text
    assert type_code(asked, code().lower())["Location"] == "/account/"
    assert is_in(asked)
    assert Session.objects.get(user=alice).methods == "mail"
    assert "by mail" in asked.get("/account/sessions/").text


def test_so_does_the_link_by_its_button(asked: Client) -> None:
    path = link()
    for _ in range(3):
        assert "Yes, sign in" in asked.get(path).text
    assert not is_in(asked)
    assert asked.post(path)["Location"] == "/account/"
    assert is_in(asked)


def test_another_browser_is_shown_the_code_and_not_let_in(asked: Client) -> None:
    path, other = link(), Client()
    assert code() in other.get(path).text
    assert code() in other.post(path).text
    assert not is_in(other)
    refused = Event.objects.get(action=Action.SIGN_IN_REFUSE)
    assert refused.data == {"reason": "another-browser"}
    assert type_code(asked, code())["Location"] == "/account/"


def test_nor_one_that_asked_for_itself(asked: Client, alice: User, bob: User) -> None:
    """Also somebody who waits for their own mail: nobody is signed in as another by opening a link."""
    path, other = link(), Client()
    ask(other, bob.email)
    assert "Type this code there" in other.get(path).text
    other.post(path)
    assert not is_in(other)
    assert not is_in(asked)


def test_a_code_read_out_to_another_browser_opens_nothing_there(asked: Client, alice: User) -> None:
    thief = Client()
    assert type_code(thief, code())["Location"] == ASK
    ask(thief, alice.email)
    theirs = code()
    mine = mails(message="sign_in_code").order_by("id")[0].text
    found = re.search(r"^([B-Z]{4}-[B-Z]{4})$", mine, re.MULTILINE)
    assert found
    assert type_code(thief, found[1]).status_code == 200
    assert not is_in(thief)
    assert type_code(asked, theirs).status_code == 200
    assert not is_in(asked)


def test_a_stranger_who_asks_as_well_ends_nothing_of_the_owners(asked: Client, alice: User) -> None:
    mine = code()
    ask(Client(), alice.email)
    mails()
    assert type_code(asked, mine)["Location"] == "/account/"


def test_of_two_mails_to_one_browser_the_newer_counts(asked: Client, alice: User) -> None:
    older, path = code(), link()
    ask(asked, alice.email)
    newer = code()
    assert type_code(asked, older).status_code == 200
    assert asked.get(path).status_code == 410
    assert "newer mail" in asked.get(path).text
    assert type_code(asked, newer)["Location"] == "/account/"


def test_what_is_silently_not_sent_does_not_spoil_what_was(asked: Client, alice: User, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "sign-in-mail.account": "1/10m"}
    mine = code()
    ask(asked, alice.email)
    ask(asked, alice.email)
    assert type_code(asked, mine)["Location"] == "/account/"


def test_it_works_once(asked: Client, alice: User) -> None:
    path, typed = link(), code()
    secret = asked.session["mail_sign_in"][1]
    type_code(asked, typed)
    assert mail_sign_in.by_code(email=alice.email, secret=secret, code=typed) is None
    assert mail_sign_in.by_link(token=path.split("/")[-2], secret=secret) is None
    assert asked.get(path).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_also_when_pressed_twice_at_once(asked: Client, alice: User) -> None:
    path = link()
    twin = Client()
    twin.cookies = asked.cookies

    def press(client: Client) -> int:
        try:
            return int(client.post(path).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(press, [asked, twin]))
    assert statuses[0] == 302
    assert Event.objects.filter(action=Action.SIGN_IN).count() == 1


def test_after_a_quarter_of_an_hour_it_is_over(asked: Client) -> None:
    path, typed = link(), code()
    Proof.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert type_code(asked, typed).status_code == 200
    assert asked.get(path).status_code == 410
    assert proof.LIFETIME[Proof.Purpose.SIGN_IN] == timedelta(minutes=15)


def test_after_five_wrong_codes_the_right_one_is_worthless(asked: Client) -> None:
    typed = code()
    for _ in range(5):
        type_code(asked, "BBBB-BBBB")
    assert type_code(asked, typed).status_code == 200
    assert not is_in(asked)


def test_the_kill_switch_ends_it(asked: Client, alice: User) -> None:
    path, typed = link(), code()
    access.revoke(alice, reason=Reason.SIGN_OUT_EVERYWHERE, actor=alice)
    assert type_code(asked, typed).status_code == 200
    assert asked.get(path).status_code == 410
    assert not is_in(asked)


def test_somebody_with_a_second_factor_is_asked_for_it(asked: Client, alice: User) -> None:
    phone: Phone = give_phone(alice)
    assert type_code(asked, code())["Location"] == CHALLENGE
    assert not is_in(asked)
    asked.post(CHALLENGE, {"code": phone.code()})
    assert Session.objects.get(user=alice).methods == "mail totp"


@pytest.mark.parametrize("state", ["disabled", "locked"])
def test_an_account_that_is_closed_stays_closed(asked: Client, alice: User, state: str) -> None:
    typed = code()
    if state == "disabled":
        User.objects.update(is_active=False)
    else:
        User.objects.update(locked_at=timezone.now())
    type_code(asked, typed)
    assert not is_in(asked)


def test_where_somebody_wanted_to_go_is_not_forgotten(client: Client, alice: User) -> None:
    page = client.get("/account/login/?next=/account/sessions/").text
    assert "/account/login/mail/?next=/account/sessions/" in page or "mail/?next=%2Faccount" in page
    ask(client, alice.email, next="/account/sessions/")
    assert type_code(client, code())["Location"] == "/account/sessions/"


def test_nor_does_it_lead_to_another_site(client: Client, alice: User) -> None:
    ask(client, alice.email, next="https://evil.example/")
    assert type_code(client, code())["Location"] == "/account/"


def test_an_unknown_address_gets_the_same_answer_and_another_mail(client: Client, db: Any) -> None:
    answer = ask(client, "nobody@example.org")
    assert (answer.status_code, answer["Location"]) == (302, CODE)
    assert client.get(CODE).status_code == 200
    assert type_code(client, "BBBB-BBBB").status_code == 200
    assert mailed("no_account_to_sign_in").recipient == "nobody@example.org"


def test_a_mailbox_that_nobody_proved_is_asked_for_its_proof(client: Client, alice: User) -> None:
    """Otherwise the password of whoever signed up with somebody else's address would open it from then on."""
    EmailAddress.objects.update(verified=False)
    ask(client, alice.email)
    assert mailed("verify_email").recipient == alice.email
    assert not Proof.objects.filter(purpose=Proof.Purpose.SIGN_IN).exists()


def test_an_address_that_somebody_merely_claims_leads_into_no_account(client: Client, bob: User) -> None:
    """Neither into theirs, nor to a mail with which its owner would give it to them."""
    EmailAddress.objects.create(user=bob, email="dora@example.org", verified=False)
    ask(client, "dora@example.org")
    assert mailed("no_account_to_sign_in").recipient == "dora@example.org"
    assert not Proof.objects.exists()


def test_an_address_that_is_no_longer_theirs_signs_nobody_in(asked: Client, alice: User) -> None:
    path, typed = link(), code()
    EmailAddress.objects.filter(user=alice).update(verified=False)
    type_code(asked, typed)
    assert not is_in(asked)
    asked.post(path)
    assert not is_in(asked)


def test_somebody_else_in_that_browser_is_signed_out(asked: Client, alice: User, bob: User) -> None:
    path = link()
    sign_in(asked, bob)
    if asked.post(path).status_code == 302:
        assert {row.user for row in Session.objects.filter(user__isnull=False)} == {alice}


def test_it_is_no_credential_of_its_own(asked: Client, alice: User) -> None:
    assert "mail" not in ways_in.of(alice)


def test_three_mails_in_ten_minutes_to_one_address(alice: User) -> None:
    for number in range(5):
        client = Client(headers={"x-forwarded-for": f"198.51.100.{number}"})
        assert ask(client, alice.email)["Location"] == CODE
    assert MailRequest.objects.filter(kind=MailRequest.Kind.SIGN_IN).count() == 3


def test_and_from_one_network(client: Client, db: Any) -> None:
    statuses = [ask(client, f"person{number}@example.org").status_code for number in range(4)]
    assert statuses == [302, 302, 302, 429]


@pytest.mark.parametrize("path", [ASK, CODE, f"{ASK}{'x' * 43}/"])
def test_where_it_is_off_there_is_no_such_page(client: Client, settings: Any, db: Any, path: str) -> None:
    settings.SIGN_IN_BY_MAIL = False
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404
    assert "Mail me a code" not in client.get("/account/login/").text


def test_turned_off_it_ends_what_is_on_its_way(asked: Client, settings: Any) -> None:
    path, typed = link(), code()
    settings.SIGN_IN_BY_MAIL = False
    assert type_code(asked, typed).status_code == 404
    assert asked.post(path).status_code == 404


def test_only_digests_are_kept(asked: Client) -> None:
    path, typed = link(), code()
    row = Proof.objects.get(purpose=Proof.Purpose.SIGN_IN)
    kept = " ".join(str(value) for value in vars(row).values())
    assert typed.replace("-", "") not in kept
    assert path.split("/")[-2] not in kept


def test_the_password_still_works(asked: Client, alice: User) -> None:
    assert sign_in(asked, alice, PASSWORD)["Location"] == "/account/"
