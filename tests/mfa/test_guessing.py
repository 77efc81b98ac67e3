"""Guessing is slow, whichever factor is tried, and the owner hears of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.actions import Action
from audit.models import Event
from core import redis
from mfa import retention
from mfa.models import Guesses
from tests.conftest import sign_in
from tests.mfa.conftest import CHALLENGE, PROVE, Phone, give_phone, is_in
from tests.outbox import mails

pytestmark = pytest.mark.django_db
WRONG_CODE = "BCDFG-HJKLM-NPQRS-TVWXZ"


def guess(client: Client, phone: Phone, times: int = 1) -> Any:
    for _ in range(times):
        answer = client.post(CHALLENGE, {"code": phone.wrong()})
    return answer


def let_pass(phone: Phone, **time: float) -> None:
    """As if so much time had gone by since the last wrong code."""
    row, passed = Guesses.objects.get(user=phone.user), timedelta(**time)
    row.last_failed_at -= passed
    row.blocked_until = row.blocked_until and row.blocked_until - passed
    row.told_at = row.told_at and row.told_at - passed
    row.save()


def test_after_five_wrong_codes_a_right_one_has_to_wait(halfway: Client, phone: Phone) -> None:
    assert guess(halfway, phone, 5).status_code == 200
    answer = halfway.post(CHALLENGE, {"code": phone.code()})
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 30
    assert "Too many wrong codes" in answer.text
    assert phone.row.last_step == -1
    assert not is_in(halfway)


def test_the_wait_ends_by_itself_and_is_not_made_longer_by_trying(halfway: Client, phone: Phone) -> None:
    guess(halfway, phone, 5)
    until = Guesses.objects.get().blocked_until
    guess(halfway, phone, 3)
    assert Guesses.objects.get().blocked_until == until
    let_pass(phone, seconds=31)
    assert halfway.post(CHALLENGE, {"code": phone.code()})["Location"] == "/account/"
    assert not Guesses.objects.exists()


def test_each_wait_is_twice_as_long_up_to_a_quarter_of_an_hour(halfway: Client, phone: Phone) -> None:
    guess(halfway, phone, 4)
    waits = []
    for _ in range(8):
        guess(halfway, phone)
        waits.append(Guesses.objects.get().seconds_to_wait(timezone.now()))
        let_pass(phone, minutes=15)
    assert waits == pytest.approx([30, 60, 120, 240, 480, 900, 900, 900], abs=2)


def test_another_sign_in_does_not_start_the_count_again(halfway: Client, phone: Phone) -> None:
    for _ in range(5):
        client = Client()
        sign_in(client, phone.user)
        guess(client, phone)
    assert guess(halfway, phone).status_code == 429


def test_all_factors_share_one_count(halfway: Client, phone: Phone, saved: list[str]) -> None:
    """Trying each of them must not multiply the tries."""
    give_phone(phone.user, "Tablet")
    guess(halfway, phone, 3)
    for _ in range(2):
        halfway.post(CHALLENGE, {"code": WRONG_CODE, "with": "recovery"})
    assert guess(halfway, phone).status_code == 429
    assert halfway.post(CHALLENGE, {"code": saved[0], "with": "recovery"}).status_code == 429


def test_so_do_the_sign_in_and_the_page_that_asks_again(inside: Client, phone: Phone) -> None:
    for _ in range(5):
        inside.post(PROVE, {"code": phone.wrong()})
    other = Client()
    sign_in(other, phone.user)
    assert guess(other, phone).status_code == 429


def test_a_day_without_a_wrong_code_starts_the_count_again(halfway: Client, phone: Phone) -> None:
    guess(halfway, phone, 5)
    let_pass(phone, hours=25)
    assert guess(halfway, phone, 4).status_code == 200
    assert Guesses.objects.get().failures == 4


def test_other_people_do_not_wait(halfway: Client, phone: Phone, bob: User) -> None:
    guess(halfway, phone, 6)
    his, other = give_phone(bob), Client()
    sign_in(other, bob)
    assert other.post(CHALLENGE, {"code": his.code()})["Location"] == "/account/"


def test_it_does_not_rest_on_redis(halfway: Client, phone: Phone) -> None:
    guess(halfway, phone, 5)
    client = redis.client()
    assert client is not None
    client.flushdb()
    assert guess(halfway, phone).status_code == 429


def test_the_first_refusal_of_a_wait_is_written_down(halfway: Client, phone: Phone) -> None:
    guess(halfway, phone, 9)
    events = Event.objects.of_person(phone.user.public_id)
    assert events.filter(action=Action.SECOND_FACTOR_REFUSE).count() == 5
    assert events.get(action=Action.SECOND_FACTOR_PAUSE).data == {"failures": 5}
    let_pass(phone, seconds=31)
    guess(halfway, phone, 3)
    assert [event.data for event in events.filter(action=Action.SECOND_FACTOR_PAUSE)] == [
        {"failures": 6},
        {"failures": 5},
    ]


def test_the_owner_is_told_once_that_somebody_knows_the_password(halfway: Client, phone: Phone) -> None:
    guess(halfway, phone, 4)
    assert not mails(message="wrong_codes").exists()
    guess(halfway, phone, 1)
    for _ in range(3):
        let_pass(phone, minutes=15)
        guess(halfway, phone)
    mail = mails(message="wrong_codes").get()
    assert mail.recipient == phone.user.email
    assert "http://localhost/account/password/reset/" in mail.text


def test_and_again_when_it_goes_on(halfway: Client, phone: Phone) -> None:
    guess(halfway, phone, 5)
    let_pass(phone, hours=13)
    guess(halfway, phone)
    assert mails(message="wrong_codes").count() == 2


def test_one_network_cannot_try_everybody(halfway: Client, phone: Phone, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "second-factor.address": "2/10m"}
    assert guess(halfway, phone, 2).status_code == 200
    assert guess(halfway, phone).status_code == 429
    assert Guesses.objects.get().failures == 2


def test_old_counts_are_forgotten(halfway: Client, phone: Phone) -> None:
    guess(halfway, phone)
    retention.prune()
    assert Guesses.objects.exists()
    let_pass(phone, hours=25)
    retention.prune()
    assert not Guesses.objects.exists()
