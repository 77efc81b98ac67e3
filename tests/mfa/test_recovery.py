"""Recovery codes: strong, shown once, each good for one sign-in."""

import math
from typing import Any

import pytest
from django.test import Client

from accounts.models import Session, User
from audit.actions import Action
from audit.models import Event
from core import rotation
from core.client import Facts
from mfa.ceremonies import Purpose
from mfa.factors import recovery
from mfa.models import RecoveryCode
from tests.conftest import forget_when, sign_in
from tests.mfa.conftest import CHALLENGE, FACTORS, RENEW, Phone, is_in, shown_codes
from tests.outbox import mails

pytestmark = pytest.mark.django_db
DOWNLOAD = "/account/mfa/recovery/download/"


def enter(client: Client, code: str) -> Any:
    return client.post(CHALLENGE, {"code": code, "with": "recovery"})


def test_each_has_eighty_bits_and_more(alice: User) -> None:
    codes = recovery.issue(alice)
    assert len(codes) == len(set(codes)) == 10
    for code in codes:
        letters = code.replace("-", "")
        assert set(letters) <= set(recovery.ALPHABET)
        assert len(letters) * math.log2(len(recovery.ALPHABET)) >= 80


def test_the_alphabet_has_no_look_alikes() -> None:
    assert not set(recovery.ALPHABET) & set("AEIOUY0123456789")


def test_one_takes_the_place_of_the_app_once(halfway: Client, alice: User, saved: list[str]) -> None:
    assert enter(halfway, saved[3])["Location"] == "/account/"
    assert Session.objects.get(user=alice).methods == "password recovery_code"
    other = Client()
    sign_in(other, alice)
    assert "not right" in enter(other, saved[3]).text
    assert not is_in(other)
    assert enter(other, saved[4])["Location"] == "/account/"


@pytest.mark.parametrize(
    "spelled",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: f" {code.replace('-', ' ')} ",
        lambda code: code,
    ],
)
def test_spelling_is_forgiven(halfway: Client, saved: list[str], spelled: Any) -> None:
    assert enter(halfway, spelled(saved[0]))["Location"] == "/account/"


@pytest.mark.parametrize("typed", ["", "BCDFG", "BCDFG-HJKLM-NPQRS-TVWXZ", "%", "-", "ＢＣＤＦＧ"])
def test_anything_else_is_refused(halfway: Client, saved: list[str], typed: str) -> None:
    assert enter(halfway, typed).status_code == 200
    assert not is_in(halfway)
    assert RecoveryCode.objects.filter(used_at=None).count() == 10


def test_somebody_elses_opens_nothing(halfway: Client, phone: Phone, bob: User) -> None:
    recovery.issue(phone.user)
    assert enter(halfway, recovery.issue(bob)[0]).status_code == 200
    assert not is_in(halfway)


def test_only_sealed_digests_are_kept(alice: User) -> None:
    codes = recovery.issue(alice)
    row = RecoveryCode.objects.extra(select={"raw": "digest"}).first()
    assert codes[0].encode() not in bytes(row.raw)
    assert row.digest.encode() not in bytes(row.raw)
    assert codes[0] not in row.digest


def test_they_outlive_a_change_of_keys(halfway: Client, saved: list[str], settings: Any) -> None:
    newer = "bmV3ZXIta2V5LW5ld2VyLWtleS1uZXdlci1rZXktMDE="
    old = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = [newer, *old]
    rotation.rotate()
    settings.FIELD_ENCRYPTION_KEYS = [newer]
    assert recovery.check(
        user=RecoveryCode.objects.first().user, typed=saved[0], facts=Facts("", "", ""), purpose=Purpose.PROVE
    )


def test_the_owner_is_told_how_many_are_left(halfway: Client, saved: list[str]) -> None:
    enter(halfway, saved[0])
    mail = mails(message="recovery_code_used").get()
    assert "9 are left" in mail.text
    event = Event.objects.get(action=Action.RECOVERY_USE)
    assert event.data == {"left": 9}
    assert not any(code in mail.text for code in saved)


def test_the_page_says_how_many_are_left_and_reminds(inside: Client, alice: User, saved: list[str]) -> None:
    assert "10 left" in inside.get(FACTORS).text
    assert "recovery code" not in inside.get("/account/").text.partition("What happened lately")[0]
    pks = RecoveryCode.objects.values_list("pk", flat=True)[:7]
    RecoveryCode.objects.filter(pk__in=list(pks)).delete()
    assert "3 left" in inside.get(FACTORS).text
    assert "3 recovery codes are left." in inside.get("/account/").text


def test_new_ones_end_the_old_ones(inside: Client, alice: User, saved: list[str]) -> None:
    assert "Get new codes" in inside.get(RENEW).text
    shown = inside.post(RENEW)
    # Asked for in another language they would be made anew, and these be over.
    assert "Deutsch" not in shown.text
    fresh = shown_codes(shown)
    assert len(fresh) == 10
    assert not set(fresh) & set(saved)
    other = Client()
    sign_in(other, alice)
    assert "not right" in enter(other, saved[0]).text
    assert enter(other, fresh[0])["Location"] == "/account/"
    assert mails(message="recovery_codes_renewed").count() == 1
    assert Event.objects.filter(action=Action.RECOVERY_ISSUE).exists()


def test_looking_at_the_page_ends_nothing(inside: Client, alice: User, saved: list[str]) -> None:
    inside.get(RENEW)
    inside.head(RENEW)
    assert recovery.are_of(alice, saved)


def test_without_a_factor_there_are_none(as_alice: Client) -> None:
    assert as_alice.post(RENEW)["Location"] == FACTORS
    assert not RecoveryCode.objects.exists()


# --- As a file --------------------------------------------------------------------------------------------


def test_they_can_be_saved_as_a_file(inside: Client, alice: User, saved: list[str]) -> None:
    answer = inside.post(DOWNLOAD, {"code": saved})
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert answer["Cache-Control"] == "no-store"
    assert all(code in answer.text.splitlines() for code in saved)
    assert alice.email in answer.text


@pytest.mark.parametrize("codes", [[], ["<script>alert(1)</script>"], ["BCDFG-HJKLM-NPQRS-TVWXZ"]])
def test_what_is_none_of_theirs_is_not_echoed(inside: Client, saved: list[str], codes: list[str]) -> None:
    assert inside.post(DOWNLOAD, {"code": codes}).status_code == 400


def test_nor_is_what_merely_looks_like_one_of_theirs(inside: Client, saved: list[str]) -> None:
    answer = inside.post(DOWNLOAD, {"code": [f"{saved[0]}<!>"]})
    assert answer.status_code == 400


def test_nor_are_those_of_somebody_else(inside: Client, saved: list[str], bob: User) -> None:
    assert inside.post(DOWNLOAD, {"code": recovery.issue(bob)}).status_code == 400


def test_the_file_needs_a_fresh_factor_too(inside: Client, saved: list[str]) -> None:
    forget_when(inside, 601)
    assert inside.post(DOWNLOAD, {"code": saved})["Location"].startswith("/account/mfa/prove/")
