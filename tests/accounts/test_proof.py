"""A link and a code, mailed together: spent once, by one, for one purpose."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.flows import proof
from accounts.flows.proof import CODE_ALPHABET, find, issue, normal_code, spend_code, spend_link
from accounts.models import Proof, User

pytestmark = pytest.mark.django_db
VERIFY, RESET = Proof.Purpose.VERIFY_EMAIL, Proof.Purpose.RESET_PASSWORD


def fresh(user: User, purpose: Proof.Purpose = VERIFY) -> proof.Secrets:
    return issue(user=user, purpose=purpose, email=user.email)


def test_a_link_is_spent_once(alice: User) -> None:
    token = fresh(alice).token
    spent = spend_link(token, VERIFY)
    assert spent
    assert spent.user == alice
    assert spend_link(token, VERIFY) is None


def test_a_code_is_spent_once(alice: User) -> None:
    code = fresh(alice).code
    assert spend_code(alice, code, VERIFY, email=alice.email)
    assert spend_code(alice, code, VERIFY, email=alice.email) is None


def test_link_and_code_are_one_proof(alice: User) -> None:
    secrets = fresh(alice)
    assert spend_code(alice, secrets.code, VERIFY, email=alice.email)
    assert spend_link(secrets.token, VERIFY) is None


def test_looking_spends_nothing(alice: User) -> None:
    token = fresh(alice).token
    for _ in range(3):
        assert find(token, VERIFY)
    assert spend_link(token, VERIFY)


def test_a_newer_mail_ends_the_older_one(alice: User) -> None:
    older, newer = fresh(alice), fresh(alice)
    assert spend_link(older.token, VERIFY) is None
    assert spend_code(alice, older.code, VERIFY, email=alice.email) is None
    found = find(older.token, VERIFY)
    assert found
    assert found.end == Proof.End.SUPERSEDED
    assert spend_link(newer.token, VERIFY)


def test_purposes_do_not_disturb_each_other(alice: User) -> None:
    verify = fresh(alice)
    fresh(alice, RESET)
    assert spend_link(verify.token, RESET) is None
    assert spend_link(verify.token, VERIFY)


@pytest.mark.parametrize(("purpose", "life"), proof.LIFETIME.items())
def test_it_does_not_outlive_its_time(alice: User, purpose: Proof.Purpose, life: timedelta) -> None:
    secrets = fresh(alice, purpose)
    assert Proof.objects.get().expires_at - timezone.now() <= life
    Proof.objects.update(expires_at=timezone.now())
    assert spend_link(secrets.token, purpose) is None
    assert spend_code(alice, secrets.code, purpose, email=alice.email) is None


def test_after_an_expired_one_a_new_one_can_be_had(alice: User) -> None:
    fresh(alice)
    Proof.objects.update(expires_at=timezone.now())
    assert spend_link(fresh(alice).token, VERIFY)


def test_five_wrong_codes_are_the_end_of_the_right_one(alice: User) -> None:
    code = fresh(alice).code
    for _ in range(5):
        assert spend_code(alice, "BBBBBBBB", VERIFY, email=alice.email) is None
    assert spend_code(alice, code, VERIFY, email=alice.email) is None


def test_the_code_of_one_person_is_no_use_for_another(alice: User, bob: User) -> None:
    fresh(bob)
    assert spend_code(bob, fresh(alice).code, VERIFY, email=bob.email) is None


def test_nobody_has_no_code() -> None:
    assert spend_code(None, "BBBBBBBB", VERIFY, email="nobody@example.org") is None


@pytest.mark.parametrize("typed", ["bcdf-ghjk", " BCDF GHJK ", "BCDFGHJK", "bcdf–ghjk"])
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert normal_code(typed) == "BCDFGHJK"


def test_the_table_holds_neither_link_nor_code(alice: User) -> None:
    secrets = fresh(alice)
    stored = " ".join(str(value) for values in Proof.objects.values_list() for value in values)
    assert secrets.token not in stored
    assert secrets.code not in stored


def test_codes_have_no_vowels_and_no_lookalikes(alice: User) -> None:
    letters = set("".join(fresh(alice).code for _ in range(20)))
    assert letters <= set(CODE_ALPHABET)
    assert not set(CODE_ALPHABET) & set("AEIOUY01")


def test_the_kill_switch_ends_what_is_in_the_mail(alice: User, bob: User) -> None:
    hers, his = fresh(alice), fresh(bob)
    assert access.revoke(alice, reason=Reason.ADMINISTRATOR, actor=None)["mail links"] == 1
    assert spend_link(hers.token, VERIFY) is None
    assert spend_link(his.token, VERIFY)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["link", "code", "both"])
def test_of_many_at_once_one_succeeds(alice: User, way: str) -> None:
    secrets = fresh(alice)

    def spend(number: int) -> bool:
        try:
            if way == "link" or (way == "both" and number % 2):
                return spend_link(secrets.token, VERIFY) is not None
            return spend_code(alice, secrets.code, VERIFY, email=alice.email) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(spend, range(5))) == 1


@pytest.mark.django_db(transaction=True)
def test_wrong_codes_at_once_are_all_counted(alice: User) -> None:
    code = fresh(alice).code

    def guess(_: int) -> None:
        try:
            spend_code(alice, "BBBBBBBB", VERIFY, email=alice.email)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(16)))
    assert Proof.objects.get().tries == 5
    assert spend_code(alice, code, VERIFY, email=alice.email) is None


@pytest.mark.django_db(transaction=True)
def test_two_mails_asked_for_at_once_leave_one_that_works(alice: User) -> None:
    def ask(_: int) -> str:
        try:
            return fresh(alice).token
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        tokens = list(pool.map(ask, range(4)))
    assert sum(spend_link(token, VERIFY) is not None for token in tokens) == 1
