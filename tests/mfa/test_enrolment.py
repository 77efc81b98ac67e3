"""Setting up an app: the key is shown, the first code proves that it arrived, and only then it counts."""

import base64
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
from mfa.factors import authenticator, recovery
from mfa.models import Authenticator, RecoveryCode
from tests.conftest import forget_when, sign_in
from tests.mfa.conftest import (
    ADD,
    CHALLENGE,
    FACTORS,
    Phone,
    give_phone,
    is_in,
    session_digest,
    shown_codes,
)
from tests.outbox import mails

pytestmark = pytest.mark.django_db


def scan(client: Client, user: User) -> Phone:
    """What the page shows, in an app."""
    found = re.search(r"otpauth://totp/[^\"]+secret=([A-Z2-7]{32})", client.get(ADD).text)
    assert found
    return Phone(user, found[1])


def confirm(client: Client, code: str, name: str = "My phone") -> Any:
    return client.post(ADD, {"code": code, "name": name})


def test_the_page_shows_picture_key_and_link(as_alice: Client, alice: User) -> None:
    page = as_alice.get(ADD)
    phone = scan(as_alice, alice)
    assert "<svg" in page.text
    assert "style=" not in page.text
    assert "data:" not in page.text
    grouped = " ".join(re.findall("....", phone.secret))
    assert grouped in page.text
    assert "otpauth://totp/Identity:alice@example.org?secret=" in page.text
    assert "issuer=Identity" in page.text


def test_nothing_counts_before_the_code_was_right(as_alice: Client, alice: User) -> None:
    phone = scan(as_alice, alice)
    assert "not the code of that key" in confirm(as_alice, phone.wrong()).text
    assert not Authenticator.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert not mails(message="second_step_on").exists()
    assert sign_in(Client(), alice)["Location"] == "/account/"


def test_the_right_code_turns_the_second_step_on(as_alice: Client, alice: User) -> None:
    phone = scan(as_alice, alice)
    assert confirm(as_alice, phone.code()).status_code == 200
    assert phone.row.name == "My phone"
    other = Client()
    assert sign_in(other, alice)["Location"] == CHALLENGE
    assert other.post(CHALLENGE, {"code": phone.code(1)})["Location"] == "/account/"


def test_the_next_app_gets_a_key_of_its_own(as_alice: Client, alice: User) -> None:
    phone = scan(as_alice, alice)
    confirm(as_alice, phone.code())
    assert scan(as_alice, alice).secret != phone.secret


def test_the_code_that_confirmed_opens_nothing(as_alice: Client, alice: User) -> None:
    phone, other = scan(as_alice, alice), Client()
    code = phone.code()
    confirm(as_alice, code)
    sign_in(other, alice)
    other.post(CHALLENGE, {"code": code})
    assert not is_in(other)


def test_a_mistyped_code_changes_no_key(as_alice: Client, alice: User) -> None:
    phone = scan(as_alice, alice)
    confirm(as_alice, phone.wrong())
    assert scan(as_alice, alice).secret == phone.secret


def test_the_key_is_kept_sealed_for_a_quarter_of_an_hour(as_alice: Client, alice: User) -> None:
    phone = scan(as_alice, alice)
    data = as_alice.session[authenticator.PENDING]
    assert phone.secret.encode() not in base64.b64decode(data["sealed"])
    assert phone.secret not in str(data)
    session = as_alice.session
    session[authenticator.PENDING] = {**data, "until": data["until"] - 901}
    session.save()
    confirm(as_alice, phone.code())
    assert not Authenticator.objects.exists()
    assert scan(as_alice, alice).secret != phone.secret


def test_a_key_that_another_person_was_shown_is_none(as_alice: Client, alice: User, bob: User) -> None:
    """Otherwise whoever left it in a shared browser would know it."""
    phone = scan(as_alice, alice)
    his = Client()
    sign_in(his, bob)
    session = his.session
    session[authenticator.PENDING] = as_alice.session[authenticator.PENDING]
    session.save()
    confirm(his, phone.code())
    assert not Authenticator.objects.exists()
    assert scan(his, bob).secret != phone.secret


def test_two_browsers_are_shown_two_keys(as_alice: Client, alice: User) -> None:
    other = Client()
    sign_in(other, alice)
    assert scan(as_alice, alice).secret != scan(other, alice).secret


def test_the_same_key_is_not_added_twice(as_alice: Client, alice: User) -> None:
    phone = scan(as_alice, alice)
    kept = as_alice.session[authenticator.PENDING]
    confirm(as_alice, phone.code())
    session = as_alice.session
    session[authenticator.PENDING] = kept
    session.save()
    confirm(as_alice, phone.code(1))
    assert Authenticator.objects.count() == 1


def test_the_first_factor_comes_with_recovery_codes_shown_once(as_alice: Client, alice: User) -> None:
    phone = scan(as_alice, alice)
    codes = shown_codes(confirm(as_alice, phone.code()))
    assert len(set(codes)) == 10
    assert recovery.are_of(alice, codes)
    for path in (FACTORS, ADD, "/account/"):
        assert not any(code in as_alice.get(path).text for code in codes)
    assert not any(code in str(dict(as_alice.session)) for code in codes)


def test_another_app_leaves_the_codes_as_they_are(inside: Client, alice: User, saved: list[str]) -> None:
    tablet = scan(inside, alice)
    assert confirm(inside, tablet.code(), "Tablet")["Location"] == FACTORS
    assert recovery.are_of(alice, saved)
    assert "Tablet" in inside.get(FACTORS).text
    assert mails(message="factor_added").count() == 1


def test_it_is_written_down_and_told(as_alice: Client, alice: User) -> None:
    confirm(as_alice, scan(as_alice, alice).code())
    event = Event.objects.get(action=Action.FACTOR_ADD)
    assert (event.actor, event.data) == (alice.public_id, {"factor": "app"})
    assert mails(message="second_step_on").get().recipient == alice.email


def test_the_session_gets_a_new_key_and_remembers_the_factor(as_alice: Client, alice: User) -> None:
    phone, before = scan(as_alice, alice), session_digest(as_alice)
    confirm(as_alice, phone.code())
    assert session_digest(as_alice) != before
    assert Session.objects.get(user=alice).methods == "password totp"


def test_a_name_is_one_line_and_not_too_long(as_alice: Client, alice: User) -> None:
    phone = scan(as_alice, alice)
    assert confirm(as_alice, phone.code(), "x" * 61).status_code == 200
    assert not Authenticator.objects.exists()
    confirm(as_alice, phone.code(), "My\r\n  <b>phone</b>")
    assert phone.row.name == "My <b>phone</b>"
    assert "<b>phone" not in as_alice.get(FACTORS).text


def test_ten_apps_are_enough(inside: Client, alice: User) -> None:
    for _ in range(9):
        give_phone(alice)
    assert inside.get(ADD)["Location"] == FACTORS
    assert "Remove one first" in inside.get(FACTORS).text


def test_a_sign_in_of_long_ago_has_to_be_repeated_first(as_alice: Client) -> None:
    forget_when(as_alice, 601)
    assert as_alice.get(ADD)["Location"].startswith("/account/reauthenticate/")


def test_strangers_are_shown_no_key(client: Client, db: Any) -> None:
    assert client.get(ADD)["Location"].startswith("/account/login/")


# --- A thief who turns it on ----------------------------------------------------------------------------


def undo_link() -> str:
    found = re.search(r"http://localhost(/account/not-me/\S+)", mails(message="second_step_on").get().text)
    assert found
    return found[1]


def test_the_owner_can_undo_what_a_thief_turned_on(as_alice: Client, alice: User) -> None:
    confirm(as_alice, scan(as_alice, alice).code())
    assert Client().post(undo_link()).status_code == 302
    assert not is_in(as_alice)
    assert not Authenticator.objects.exists()
    assert not RecoveryCode.objects.exists()


def test_looking_at_the_link_undoes_nothing(as_alice: Client, alice: User) -> None:
    confirm(as_alice, scan(as_alice, alice).code())
    assert Client().get(undo_link()).status_code == 200
    assert Authenticator.objects.exists()


def test_a_factor_that_was_there_before_is_not_undone(inside: Client, phone: Phone) -> None:
    """Whoever reads the mailbox does not get past the second step by it."""
    sign_in_from_new = Client()
    sign_in(sign_in_from_new, phone.user)
    sign_in_from_new.post(CHALLENGE, {"code": phone.code()})
    sign_in_from_new.get(CHALLENGE)
    texts = [mail.text for mail in mails(recipient=phone.user.email)]
    found = [
        match[1] for text in texts for match in re.finditer(r"http://localhost(/account/not-me/\S+)", text)
    ]
    for link in found:
        assert Client().post(link).status_code == 302
    assert found
    assert Authenticator.objects.filter(user=phone.user).exists()


@pytest.mark.parametrize("had_one", [False, True])
def test_so_it_is_where_a_change_of_address_is_undone(alice: User, had_one: bool) -> None:
    if had_one:
        give_phone(alice, "Her own")
        recovery.issue(alice)
    fresh = proof.issue(user=alice, purpose=Proof.Purpose.UNDO_EMAIL_CHANGE, email=alice.email)
    give_phone(alice, "Of the thief")
    assert Client().post(f"/account/addresses/undo/{fresh.token}/").status_code == 302
    assert [factor.name for factor in Authenticator.objects.all()] == (["Her own"] if had_one else [])
    assert RecoveryCode.objects.exists() == had_one


def test_codes_of_the_thief_go_with_it(alice: User) -> None:
    give_phone(alice, "Her own")
    fresh = proof.issue(user=alice, purpose=Proof.Purpose.UNDO_EMAIL_CHANGE, email=alice.email)
    recovery.issue(alice)
    assert Client().post(f"/account/addresses/undo/{fresh.token}/").status_code == 302
    assert Authenticator.objects.count() == 1
    assert not RecoveryCode.objects.exists()


def test_what_was_prepared_in_an_account_goes_when_its_mailbox_is_proved(alice: User) -> None:
    give_phone(alice)
    ended = access.revoke(alice, reason=Reason.MAILBOX_PROVED, actor=alice)
    assert ended["second factors"] == 1
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.MAILBOX_PROVED}))
def test_no_other_end_of_access_takes_a_factor_away(alice: User, saved: list[str], reason: Reason) -> None:
    access.revoke(alice, reason=reason, actor=None)
    assert Authenticator.objects.count() == 1
    assert recovery.are_of(alice, saved)
