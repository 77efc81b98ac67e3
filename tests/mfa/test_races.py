"""Many requests at once: a code opens once, a guess is counted each time, and the last factor is removed once."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import Session, User
from audit.actions import Action
from audit.models import Event
from core.client import Facts
from mfa.ceremonies import Purpose
from mfa.factors import authenticator, recovery, registry
from mfa.models import Authenticator, Guesses, Passkey, RecoveryCode
from tests.conftest import sign_in
from tests.mfa.conftest import (
    ADD,
    ADD_PASSKEY,
    BY_PASSKEY,
    CHALLENGE,
    QUESTION,
    RENEW,
    Phone,
    asked,
    by_passkey,
    give_passkey,
    give_phone,
    post_answer,
    row_of,
    shown_codes,
)
from tests.mfa.device import Device
from tests.security.test_races import at_once, statuses

pytestmark = pytest.mark.django_db(transaction=True)
FACTS = Facts("", "", "")


def waiting(user: User, count: int) -> list[Client]:
    clients = [Client() for _ in range(count)]
    for client in clients:
        assert sign_in(client, user)["Location"] == CHALLENGE
    return clients


def enter(clients: list[Client], **data: str) -> list[int]:
    return statuses(at_once(*(lambda client=client: client.post(CHALLENGE, data) for client in clients)))


def test_one_code_lets_one_of_many_in(alice: User) -> None:
    phone = give_phone(alice)
    assert enter(waiting(alice, 4), code=phone.code()) == [200, 200, 200, 302]
    assert Session.objects.filter(user=alice).count() == 1


def test_one_recovery_code_lets_one_of_many_in(alice: User) -> None:
    give_phone(alice)
    code = recovery.issue(alice)[0]
    answers = enter(waiting(alice, 4), **{"code": code, "with": "recovery"})
    assert answers == [200, 200, 200, 302]
    assert RecoveryCode.objects.filter(used_at=None).count() == 9
    assert Event.objects.filter(action=Action.RECOVERY_USE).count() == 1


def test_the_statement_that_spends_it_holds_without_the_lock(alice: User) -> None:
    """As if a later change forgot to lock the person first."""
    give_phone(alice)
    code = recovery.issue(alice)[0]
    spent = at_once(*[lambda: recovery.check(user=alice, typed=code, facts=FACTS, purpose=Purpose.PROVE)] * 4)
    assert sorted(spent) == [False, False, False, True]


def test_so_does_the_lock_on_the_app(alice: User) -> None:
    phone = give_phone(alice)
    code = phone.code()

    def check() -> bool:
        with transaction.atomic():
            return authenticator.check(user=alice, typed=code, facts=FACTS, purpose=Purpose.PROVE)

    assert sorted(at_once(*[check] * 4)) == [False, False, False, True]


def test_guesses_at_once_are_all_counted(alice: User) -> None:
    phone = give_phone(alice)
    answers = enter(waiting(alice, 8), code=phone.wrong())
    assert answers == [200] * 5 + [429] * 3
    assert Guesses.objects.get().failures == 5


def test_a_right_code_among_many_wrong_ones_is_not_looked_at_late(alice: User) -> None:
    phone = give_phone(alice)
    clients = waiting(alice, 6)
    for client in clients[:5]:
        client.post(CHALLENGE, {"code": phone.wrong()})
    assert enter(clients, code=phone.code()) == [429] * 6


def test_the_first_factor_confirmed_twice_at_once_is_added_once(alice: User) -> None:
    client = Client()
    sign_in(client, alice)
    secret = client.get(ADD).text.partition("secret=")[2][:32]
    cookie, code = client.cookies["session"].value, Phone(alice, secret).code()

    def confirm() -> Any:
        twin = Client()
        twin.cookies["session"] = cookie
        return twin.post(ADD, {"code": code, "name": "Phone"})

    answers = at_once(*[confirm] * 3)
    assert Authenticator.objects.count() == 1
    assert sum(bool(shown_codes(answer)) for answer in answers) <= 1
    assert RecoveryCode.objects.count() == 10
    assert Event.objects.filter(action=Action.FACTOR_ADD).count() == 1


def test_codes_renewed_twice_at_once_are_one_set(alice: User) -> None:
    phone = give_phone(alice)
    clients = waiting(alice, 2)
    for steps, client in enumerate(clients):
        client.post(CHALLENGE, {"code": phone.code(steps)})
    answers = at_once(*(lambda client=client: client.post(RENEW) for client in clients))
    assert statuses(answers) == [200, 200]
    assert RecoveryCode.objects.count() == 10


def test_an_app_removed_while_its_code_is_typed_lets_nobody_in_afterwards(alice: User) -> None:
    phone = give_phone(alice)
    give_phone(alice, "Tablet")
    client = waiting(alice, 1)[0]
    code, row = phone.code(), phone.row

    def remove() -> None:
        row.delete()

    answers = at_once(lambda: client.post(CHALLENGE, {"code": code}), remove)
    assert answers[0].status_code in (200, 302)
    assert not Authenticator.objects.filter(pk=row.pk).exists()


# --- Passkeys ---------------------------------------------------------------------------------------------


def test_one_answer_lets_one_of_many_in(alice: User) -> None:
    key = give_passkey(alice, counts=False)
    said = key.sign(Client().post(QUESTION).json())
    answers = at_once(*[lambda: post_answer(Client(), BY_PASSKEY, said)["Location"]] * 4)
    assert sorted(answers) == ["/account/", *["/account/login/"] * 3]
    assert Session.objects.filter(user=alice).count() == 1


def of_two_devices(alice: User) -> list[Any]:
    """What each has to send: one of them is a copy of the other."""
    key = give_passkey(alice, count=5)
    return [key.sign(Client().post(QUESTION).json(), count=6) for _ in range(2)]


def test_of_two_devices_with_one_count_one_gets_in(alice: User) -> None:
    """The second comes when the first is in."""
    answers = [post_answer(Client(), BY_PASSKEY, said)["Location"] for said in of_two_devices(alice)]
    assert sorted(answers) == ["/account/", "/account/login/"]
    assert Passkey.objects.get().suspended_at is not None


def test_of_two_that_come_at_once_no_more_get_in(alice: User) -> None:
    both = of_two_devices(alice)
    answers = at_once(
        *(lambda said=said: post_answer(Client(), BY_PASSKEY, said)["Location"] for said in both)
    )
    assert answers.count("/account/login/") == 1
    assert set(answers) - {"/account/login/"} in ({"/account/"}, {CHALLENGE})
    assert Passkey.objects.get().suspended_at is not None


def test_one_whose_copy_is_noticed_on_the_way_in_needs_another_factor(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows which of the two it was."""
    first, second = of_two_devices(alice)
    covered = registry.covered_by

    def noticed_before(proof: Any, user: User) -> bool:
        monkeypatch.undo()
        assert post_answer(Client(), BY_PASSKEY, second)["Location"] == "/account/login/"
        return covered(proof, user)

    monkeypatch.setattr(registry, "covered_by", noticed_before)
    assert post_answer(Client(), BY_PASSKEY, first)["Location"] == CHALLENGE
    assert not Session.objects.filter(user=alice).exists()


def test_one_answer_adds_one_passkey(alice: User) -> None:
    client = Client()
    sign_in(client, alice)
    said = Device().make(asked(client.get(ADD_PASSKEY)))
    at_once(*[lambda: post_answer(client, ADD_PASSKEY, said)] * 4)
    assert Passkey.objects.count() == 1
    assert RecoveryCode.objects.count() == 10


def test_of_the_last_two_ways_in_one_stays(alice: User) -> None:
    first, second = give_passkey(alice), give_passkey(alice)
    User.objects.filter(pk=alice.pk).update(password="!")
    clients = {}
    for device in (first, second):
        clients[device.credential_id] = client = Client()
        assert by_passkey(client, device)["Location"] == "/account/"
    paths = [f"/account/mfa/passkeys/{row_of(device).pk}/remove/" for device in (first, second)]
    at_once(
        *(
            lambda client=client, path=path: client.post(path)
            for client, path in zip(clients.values(), paths, strict=True)
        )
    )
    assert Passkey.objects.count() == 1
