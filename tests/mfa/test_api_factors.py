"""One's own second factors, by a program: only in a sign-in, and only after a fresh proof of the right kind."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from mfa.factors import authenticator, passkeys, recovery
from mfa.models import Authenticator, Passkey
from tests.api import Program, code_in, let_pass
from tests.conftest import PASSWORD, make_staff
from tests.mfa.conftest import Phone, code_of_secret, give_passkey, give_phone, row_of
from tests.mfa.device import Device
from tests.outbox import mails
from tests.security.test_races import at_once, statuses
from tokens.flows import keys
from tokens.models import Family

pytestmark = pytest.mark.django_db
LONG = 100_000
CHANGES = [
    ("post", "me/mfa/apps/begin", {}),
    ("post", "me/mfa/apps", {"code": "123456"}),
    ("patch", "me/mfa/apps/1", {"name": "x"}),
    ("delete", "me/mfa/apps/1", None),
    ("post", "me/mfa/recovery-codes", {}),
    ("post", "me/mfa/passkeys/options", {}),
    ("post", "me/mfa/passkeys", {"credential": {}}),
    ("patch", "me/mfa/passkeys/1", {"name": "x"}),
    ("delete", "me/mfa/passkeys/1", None),
]


@pytest.fixture
def program(alice: User) -> Program:
    """Alice's, by her password: she has nothing else yet."""
    program = Program()
    assert program.sign_in(alice).status_code == 200
    return program


@pytest.fixture
def by_both(alice: User, phone: Phone) -> Program:
    """Alice's, by both steps."""
    program = Program()
    assert program.sign_in(alice).status_code == 200
    return program


def add_app(program: Program, **more: str) -> Any:
    secret = program.post("me/mfa/apps/begin").json()["secret"]
    return program.post("me/mfa/apps", {"code": code_of_secret(secret), **more})


# --- Seeing them ------------------------------------------------------------------------------------------


def test_whoever_has_nothing_sees_that(program: Program) -> None:
    assert program.get("me/mfa").json() == {
        "enabled": False,
        "methods": [],
        "requirement": None,
        "apps": [],
        "passkeys": [],
        "recovery_codes_left": 0,
    }


def test_one_sees_what_one_has(by_both: Program, alice: User, saved: list[str]) -> None:
    device = give_passkey(alice)
    row_of(device).suspend()
    seen = by_both.get("me/mfa").json()
    assert seen["methods"] == ["passkey", "app", "recovery"]
    assert [app["name"] for app in seen["apps"]] == ["Phone"]
    assert seen["apps"][0]["last_used_at"]
    assert seen["passkeys"][0]["suspended_at"]
    assert seen["recovery_codes_left"] == 10
    assert "secret" not in str(seen)


def test_one_sees_nothing_of_others(program: Program, bob: User) -> None:
    give_phone(bob)
    give_passkey(bob)
    seen = program.get("me/mfa").json()
    assert (seen["apps"], seen["passkeys"]) == ([], [])


def test_staff_see_who_asks_for_it(alice: User) -> None:
    make_staff(alice)
    program = Program()
    program.sign_in(alice)
    assert program.get("me/mfa").json()["requirement"] == {"by": None, "since": None}


# --- Who may change them ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path", "data"), CHANGES)
def test_an_old_proof_is_not_enough(program: Program, alice: User, method: str, path: str, data: Any) -> None:
    let_pass(alice, LONG)
    answer = getattr(program, method)(path, data)
    assert (answer.status_code, code_in(answer)) == (401, "reauthentication_required")


@pytest.mark.parametrize(("method", "path", "data"), [row for row in CHANGES if row[0] != "patch"])
def test_whoever_has_a_factor_shows_that_and_not_the_password(
    by_both: Program, alice: User, phone: Phone, method: str, path: str, data: Any
) -> None:
    let_pass(alice, LONG)
    refused = getattr(by_both, method)(path, data)
    assert (code_in(refused), refused.json()["methods"]) == ("reauthentication_required", ["app"])
    by_password = by_both.post("reauthenticate", {"method": "password", "password": PASSWORD})
    assert (by_password.status_code, by_password.json()["errors"][0]["field"]) == (422, "method")
    shown = {"method": "app", "code": phone.code(1)}
    assert by_both.post("reauthenticate", shown).status_code == 204
    answer = getattr(by_both, method)(path, data)
    assert answer.status_code < 300 or code_in(answer) != "reauthentication_required"


@pytest.mark.parametrize(("method", "path", "data"), [("get", "me/mfa", None), *CHANGES])
def test_a_key_is_no_sign_in(alice: User, method: str, path: str, data: Any) -> None:
    end = timezone.now() + timedelta(days=1)
    made = keys._make(user=alice, name="x", scope="profile.read", expires_at=end)
    program = Program(made.text)
    assert program.is_in()
    answer = program.get(path) if method == "get" else getattr(program, method)(path, data)
    assert (answer.status_code, code_in(answer)) == (403, "credential_not_allowed")


@pytest.mark.parametrize(("method", "path", "data"), [("get", "me/mfa", None), *CHANGES])
def test_nobody_gets_nothing(method: str, path: str, data: Any) -> None:
    program = Program()
    answer = program.get(path) if method == "get" else getattr(program, method)(path, data)
    assert code_in(answer) == "unauthenticated"


# --- Apps -------------------------------------------------------------------------------------------------


def test_the_first_app_brings_recovery_codes(program: Program, alice: User) -> None:
    answer = add_app(program, name="Tablet")
    assert answer.status_code == 201
    added = answer.json()
    assert added["name"] == "Tablet"
    assert recovery.are_of(alice, added["recovery_codes"])
    assert Authenticator.objects.get().pk == added["id"]
    assert mails(message="second_step_on").count() == 1
    assert Family.objects.get().methods == "password totp"


def test_its_code_was_the_proof(program: Program, alice: User) -> None:
    let_pass(alice, LONG)
    program.post("reauthenticate", {"method": "password", "password": PASSWORD})
    add_app(program)
    assert program.post("me/mfa/recovery-codes").status_code == 201


def test_a_second_one_brings_none(by_both: Program) -> None:
    answer = add_app(by_both)
    assert answer.status_code == 201
    assert "recovery_codes" not in answer.json()


def test_a_wrong_code_adds_nothing_and_the_key_stays(program: Program) -> None:
    secret = program.post("me/mfa/apps/begin").json()["secret"]
    wrong = "000000" if code_of_secret(secret) != "000000" else "111111"
    assert code_in(program.post("me/mfa/apps", {"code": wrong})) == "invalid_code"
    assert program.post("me/mfa/apps/begin").json()["secret"] == secret
    assert program.post("me/mfa/apps", {"code": code_of_secret(secret)}).status_code == 201


def test_without_a_beginning_there_is_nothing_to_confirm(program: Program) -> None:
    assert code_in(program.post("me/mfa/apps", {"code": "123456"})) == "nothing_to_confirm"


def test_the_key_of_another_sign_in_is_not_confirmed_here(program: Program, alice: User) -> None:
    secret = program.post("me/mfa/apps/begin").json()["secret"]
    other = Program()
    other.sign_in(alice)
    assert code_in(other.post("me/mfa/apps", {"code": code_of_secret(secret)})) == "nothing_to_confirm"


def test_nor_twice(program: Program) -> None:
    secret = program.post("me/mfa/apps/begin").json()["secret"]
    shown = {"code": code_of_secret(secret)}
    assert program.post("me/mfa/apps", shown).status_code == 201
    assert code_in(program.post("me/mfa/apps", shown)) == "nothing_to_confirm"


def test_the_address_is_for_a_qr_code(program: Program) -> None:
    begun = program.post("me/mfa/apps/begin").json()
    assert begun["address"].startswith("otpauth://totp/")
    assert begun["secret"] in begun["address"]


def test_there_is_an_end_to_it(by_both: Program, alice: User) -> None:
    for _ in range(authenticator.AT_MOST):
        give_phone(alice)
    assert code_in(by_both.post("me/mfa/apps/begin")) == "too_many_factors"
    assert code_in(by_both.post("me/mfa/apps", {"code": "123456"})) == "too_many_factors"


def test_an_app_is_renamed(by_both: Program, phone: Phone) -> None:
    path = f"me/mfa/apps/{phone.row.pk}"
    assert by_both.patch(path, {"name": "Old  phone"}).json()["name"] == "Old phone"
    assert by_both.patch(path, {}).json()["name"] == "Old phone"
    assert by_both.patch(path, {"name": ""}).status_code == 422


def test_and_removed_and_the_second_step_with_it(by_both: Program, phone: Phone, saved: list[str]) -> None:
    assert by_both.delete(f"me/mfa/apps/{phone.row.pk}").status_code == 204
    assert not by_both.get("me/mfa").json()["enabled"]
    assert mails(message="second_step_off").count() == 1


def test_whoever_has_to_have_one_keeps_the_last(alice: User) -> None:
    make_staff(alice)
    program = Program()
    program.sign_in(alice)
    pk = Authenticator.objects.get().pk
    answer = program.delete(f"me/mfa/apps/{pk}")
    assert (answer.status_code, code_in(answer)) == (409, "last_factor")
    assert Authenticator.objects.exists()


@pytest.mark.parametrize("method", ["patch", "delete"])
@pytest.mark.parametrize("kind", ["apps", "passkeys"])
def test_those_of_others_are_not_there(program: Program, bob: User, method: str, kind: str) -> None:
    give_phone(bob)
    give_passkey(bob)
    pk = {"apps": Authenticator, "passkeys": Passkey}[kind].objects.get().pk
    for name in (pk, 0, 2**80):
        data = {"name": "x"} if method == "patch" else None
        assert getattr(program, method)(f"me/mfa/{kind}/{name}", data).status_code == 404
    assert Authenticator.objects.get().name == "Phone"
    assert Passkey.objects.get().name == "Key"


# --- Recovery codes ---------------------------------------------------------------------------------------


def test_new_recovery_codes_end_the_old_ones(by_both: Program, alice: User, saved: list[str]) -> None:
    answer = by_both.post("me/mfa/recovery-codes")
    assert answer.status_code == 201
    assert recovery.are_of(alice, answer.json()["recovery_codes"])
    assert not recovery.are_of(alice, saved[:1])


def test_without_a_factor_there_is_nothing_that_they_stand_in_for(program: Program) -> None:
    answer = program.post("me/mfa/recovery-codes")
    assert (answer.status_code, code_in(answer)) == (403, "second_factor_required")


# --- Passkeys ---------------------------------------------------------------------------------------------


def add_passkey(program: Program, device: Device, **wrong: Any) -> Any:
    asked = program.post("me/mfa/passkeys/options").json()
    return program.post("me/mfa/passkeys", {"credential": device.make(asked, **wrong)})


def test_a_passkey_is_added_and_opens_the_account(program: Program, alice: User) -> None:
    device = Device()
    answer = add_passkey(program, device)
    assert answer.status_code == 201
    assert len(answer.json()["recovery_codes"]) == 10
    assert Passkey.objects.get().pk == answer.json()["id"]
    other = Program()
    question = other.post("login/passkey/options").json()
    assert other.post("login/passkey", {"credential": device.sign(question)}).status_code == 200


def test_one_that_does_not_hold_is_refused(program: Program) -> None:
    answer = add_passkey(program, Device(), rp_id="evil.example")
    assert (answer.status_code, code_in(answer)) == (403, "passkey_refused")
    assert not Passkey.objects.exists()


def test_a_question_to_somebody_else_makes_none(program: Program, bob: User) -> None:
    made = Device().make(passkeys.begin(bob))
    assert code_in(program.post("me/mfa/passkeys", {"credential": made})) == "passkey_refused"


def test_there_is_an_end_to_passkeys(by_both: Program, alice: User) -> None:
    for _ in range(passkeys.AT_MOST):
        give_passkey(alice)
    assert code_in(by_both.post("me/mfa/passkeys/options")) == "too_many_factors"


def test_a_passkey_is_renamed_and_removed(by_both: Program, alice: User) -> None:
    give_passkey(alice)
    path = f"me/mfa/passkeys/{Passkey.objects.get().pk}"
    assert by_both.patch(path, {"name": "Blue key"}).json()["name"] == "Blue key"
    assert by_both.delete(path).status_code == 204
    assert by_both.delete(path).status_code == 404


def test_the_last_way_in_stays(alice: User) -> None:
    device, program = give_passkey(alice), Program()
    User.objects.update(password="!")
    question = program.post("login/passkey/options").json()
    program.post("login/passkey", {"credential": device.sign(question)})
    answer = program.delete(f"me/mfa/passkeys/{row_of(device).pk}")
    assert (answer.status_code, code_in(answer)) == (409, "last_way_in")
    assert Passkey.objects.exists()


# --- Proving once more ------------------------------------------------------------------------------------


def test_a_passkey_proves_who_one_is(by_both: Program, alice: User) -> None:
    device = give_passkey(alice)
    let_pass(alice, LONG)
    asked = by_both.post("me/mfa/options").json()
    shown = {"method": "passkey", "credential": device.sign(asked)}
    assert by_both.post("reauthenticate", shown).status_code == 204
    assert by_both.post("me/mfa/recovery-codes").status_code == 201
    assert code_in(by_both.post("reauthenticate", shown)) == "invalid_code"


def test_so_does_a_recovery_code(by_both: Program, alice: User, saved: list[str]) -> None:
    let_pass(alice, LONG)
    shown = {"method": "recovery", "code": saved[0]}
    assert by_both.post("reauthenticate", shown).status_code == 204
    assert by_both.post("me/mfa/apps/begin").status_code == 200


def test_the_question_of_a_sign_in_proves_nothing(by_both: Program, alice: User) -> None:
    device = give_passkey(alice)
    asked = by_both.post("login/passkey/options").json()
    shown = {"method": "passkey", "credential": device.sign(asked)}
    assert code_in(by_both.post("reauthenticate", shown)) == "invalid_code"


def test_wrong_proofs_lock_as_on_pages(by_both: Program, phone: Phone) -> None:
    for _ in range(5):
        answer = by_both.post("reauthenticate", {"method": "app", "code": phone.wrong()})
        assert code_in(answer) == "invalid_code"
    answer = by_both.post("reauthenticate", {"method": "app", "code": phone.code(1)})
    assert (answer.status_code, code_in(answer)) == (429, "second_factor_paused")


@pytest.mark.parametrize("method", ["app", "recovery", "passkey", "nonsense"])
def test_what_one_does_not_have_proves_nothing(program: Program, method: str) -> None:
    answer = program.post("reauthenticate", {"method": method, "code": "123456"})
    assert answer.status_code == 422
    assert program.post("me/mfa/options").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_one_code_confirms_one_app(alice: User) -> None:
    program = Program()
    program.sign_in(alice)
    secret = program.post("me/mfa/apps/begin").json()["secret"]
    shown = {"code": code_of_secret(secret)}
    answers = at_once(*[lambda: program.post("me/mfa/apps", shown)] * 3)
    assert statuses(answers)[0] == 201
    assert Authenticator.objects.count() == 1
