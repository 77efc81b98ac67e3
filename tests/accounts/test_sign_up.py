"""From the form to a confirmed address."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Proof, Session, User
from accounts.passwords.argon2id import Argon2idHasher
from audit.actions import Action
from audit.models import Event
from core.models import Priority
from tests.accounts.conftest import ADDRESS, PASSWORD
from tests.outbox import mails

pytestmark = pytest.mark.django_db


def test_it_creates_an_account_that_waits_for_its_address(sign_up: Any) -> None:
    response = sign_up()
    assert response["Location"] == "/account/confirm-email/"
    user = User.objects.get(email=ADDRESS)
    assert not user.has_verified_email
    assert user.check_password(PASSWORD)


def test_it_signs_nobody_in(sign_up: Any, client: Client) -> None:
    sign_up()
    assert client.get("/account/").status_code == 302
    assert not Session.objects.filter(user__isnull=False).exists()


def test_it_queues_one_urgent_mail_for_the_person(sign_up: Any) -> None:
    sign_up()
    mail = mails().get()
    user = User.objects.get(email=ADDRESS)
    assert (mail.message, mail.recipient, mail.person) == ("verify_email", ADDRESS, user.public_id)
    assert mail.priority == Priority.URGENT


def test_it_leaves_evidence(sign_up: Any) -> None:
    sign_up()
    mails()
    person = User.objects.get(email=ADDRESS).public_id
    actions = list(Event.objects.of_person(person).values_list("action", flat=True))
    assert actions == [Action.EMAIL_VERIFICATION_SEND, Action.SIGN_UP]


def test_the_link_in_the_mail_ignores_the_host_of_the_request(sign_up: Any) -> None:
    sign_up(headers={"host": "testserver"})
    assert "http://localhost/account/confirm-email/" in mails().get().text


def test_opening_the_link_changes_nothing(sign_up: Any, link: Any) -> None:
    sign_up()
    scanner = Client()
    for _ in range(3):
        assert scanner.get(link()).status_code == 200
    assert not EmailAddress.objects.get().verified


def test_pressing_the_button_confirms_the_address(sign_up: Any, link: Any, client: Client) -> None:
    sign_up()
    response = client.post(link(), follow=True)
    assert response.redirect_chain[-1][0] == "/account/"
    assert "is confirmed" in response.text
    assert User.objects.get(email=ADDRESS).has_verified_email
    assert Event.objects.filter(action=Action.EMAIL_VERIFY).count() == 1


def test_a_used_link_says_so_and_offers_the_next_step(sign_up: Any, link: Any, client: Client) -> None:
    sign_up()
    path = link()
    client.post(path)
    for response in (client.get(path), client.post(path)):
        assert response.status_code == 410
        assert "used already" in response.text
        assert 'href="/account/login/"' in response.text


@pytest.mark.parametrize(("token", "status"), [("x" * 43, 410), ("-" * 43, 410), ("x", 404), ("x" * 44, 404)])
def test_a_forged_link_confirms_nothing(sign_up: Any, client: Client, token: str, status: int) -> None:
    sign_up()
    assert client.get(f"/account/confirm-email/{token}/").status_code == status
    assert client.post(f"/account/confirm-email/{token}/").status_code == status
    assert not EmailAddress.objects.get().verified


def test_the_link_of_one_person_does_not_confirm_another(sign_up: Any, link: Any) -> None:
    sign_up()
    first = link()
    Client().post("/account/signup/", {"email": "eve@example.org", "password1": PASSWORD})
    Client().post(first, {"new_password": "another story of ten lamps"})
    verified = EmailAddress.objects.filter(verified=True).values_list("email", flat=True)
    assert list(verified) == [ADDRESS]


def test_a_known_address_gets_the_same_answer_and_a_helpful_mail(sign_up: Any, alice: User) -> None:
    fresh, known = sign_up(), sign_up(email=alice.email)
    assert (fresh.status_code, fresh["Location"]) == (known.status_code, known["Location"])
    assert mails().latest("id").message == "already_registered"
    assert User.objects.filter(email=alice.email).count() == 1
    assert alice.check_password(PASSWORD)


@pytest.mark.parametrize("spelling", ["ALICE@example.org", "alice@EXAMPLE.org ", "alice@ＥＸＡＭＰＬＥ.org"])
def test_another_spelling_makes_no_second_account(sign_up: Any, alice: User, spelling: str) -> None:
    sign_up(email=spelling)
    assert User.objects.count() == 1
    assert mails().get().recipient == alice.email


def test_letters_that_only_look_latin_are_refused(sign_up: Any, alice: User) -> None:
    assert "valid email" in sign_up(email="ａlice@example.org").text
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("email", "password", "complaint"),
    [
        ("", PASSWORD, "This field is required"),
        (ADDRESS, "", "This field is required"),
        ("nonsense", PASSWORD, "valid email"),
        (ADDRESS, "short", "too short"),
        (ADDRESS, "password1234", "too common"),
        (ADDRESS, "dora@example.org", "too similar"),
        (ADDRESS, "x" * 257, "at most"),
    ],
)
def test_what_cannot_be_is_explained_and_writes_nothing(
    sign_up: Any, email: str, password: str, complaint: str
) -> None:
    response = sign_up(email=email, password=password)
    assert response.status_code == 200
    assert complaint in response.text
    assert not User.objects.exists()
    assert not mails().exists()


def test_a_password_is_never_stripped(sign_up: Any) -> None:
    sign_up(password=f" {PASSWORD} ")
    user = User.objects.get()
    assert user.check_password(f" {PASSWORD} ")
    assert not user.check_password(PASSWORD)


def test_a_refused_page_does_not_repeat_the_password(sign_up: Any) -> None:
    assert PASSWORD not in sign_up(email="nonsense").text


def test_the_sixth_mail_to_one_address_is_not_sent_and_the_page_says_the_same(
    sign_up: Any, client: Client
) -> None:
    sign_up()
    pages = {client.post("/account/confirm-email/", {"resend": "1"}).status_code for _ in range(7)}
    assert pages == {200}
    assert mails().count() == 5


def test_a_second_press_sends_no_second_mail(sign_up: Any) -> None:
    sign_up()
    sign_up()
    assert mails().count() == 1


def test_a_stranger_does_not_take_back_what_somebody_else_asked_for_as_well(
    sign_up: Any, client: Client, link: Any
) -> None:
    sign_up("dora@example.org")
    link("dora@example.org")
    Proof.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    Client().post("/account/signup/", {"email": "dora@example.org", "password1": PASSWORD})
    hers = link("dora@example.org")
    sign_up("somebody@example.net")
    assert Client().get(hers).status_code == 200


def test_a_mistyped_address_can_be_corrected(sign_up: Any, client: Client, link: Any) -> None:
    sign_up(email="dorra@example.org")
    mistyped = link("dorra@example.org")
    assert 'value="dorra@example.org"' in client.get("/account/signup/").text
    sign_up()
    assert not User.objects.filter(email="dorra@example.org").exists()
    assert Client().get(mistyped).status_code == 410
    assert client.post(link()).url == "/account/"


def test_correcting_to_a_known_address_looks_the_same_and_takes_nothing(sign_up: Any, alice: User) -> None:
    sign_up(email="dorra@example.org")
    assert sign_up(email=alice.email).url == "/account/confirm-email/"
    assert not User.objects.filter(email="dorra@example.org").exists()
    assert mails().latest("id").message == "already_registered"
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_too_many_sign_ups_from_one_address_are_told_when_to_return(sign_up: Any) -> None:
    for number in range(20):
        sign_up(email=f"p{number}@example.org")
    response = sign_up(email="last@example.org")
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 3600
    assert not User.objects.filter(email="last@example.org").exists()


@pytest.mark.django_db(transaction=True)
def test_two_sign_ups_at_once_make_one_account() -> None:
    def submit(_: int) -> int:
        try:
            return Client().post("/account/signup/", {"email": ADDRESS, "password1": PASSWORD}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(submit, range(6)))
    assert set(statuses) == {302}
    assert User.objects.filter(email=ADDRESS).count() == 1
    assert mails(message="verify_email").count() == 1


def test_a_known_address_costs_as_many_hashes_as_a_new_one(
    sign_up: Any, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    encode = Argon2idHasher.encode
    monkeypatch.setattr(Argon2idHasher, "encode", lambda *args: hashed.append("") or encode(*args))
    sign_up()
    fresh = len(hashed)
    sign_up(email=alice.email)
    assert len(hashed) == 2 * fresh > 0
