"""A program signs its person in with a passkey and nothing else."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from audit.actions import Action
from audit.models import Event
from mfa.ceremonies import Purpose
from mfa.factors import passkeys
from mfa.models import Ceremony
from tests.api import Program, code_in
from tests.mfa.conftest import Phone, give_passkey, row_of
from tests.mfa.device import UP, Device
from tests.security.test_races import at_once, statuses
from tokens.models import Family

pytestmark = pytest.mark.django_db


def question() -> dict[str, Any]:
    found: dict[str, Any] = Program().post("login/passkey/options").json()
    return found


def come(device: Device, program: Program | None = None, *, wish: Any = (), **wrong: Any) -> Any:
    answer = device.sign(question(), **wrong)
    return (program or Program()).post("login/passkey", {"credential": answer, **dict(wish)})


def test_it_is_both_factors_in_one(key: Device, alice: User, phone: Phone) -> None:
    program = Program()
    assert come(key, program).status_code == 200
    assert program.get("me").json()["email"] == alice.email
    assert Family.objects.get().methods == "passkey"


def test_the_wish_is_heard(key: Device) -> None:
    assert come(key, wish={"scope": "profile.read"}).json()["scope"] == "profile.read"


def test_an_unknown_wish_does_not_use_up_the_question(key: Device) -> None:
    answer = key.sign(question())
    assert Program().post("login/passkey", {"credential": answer, "scope": "the.moon"}).status_code == 422
    assert Program().post("login/passkey", {"credential": answer}).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"flags": UP}, {"handle": None}, {"signature": b"x" * 64}, {"said": {"origin": "https://evil.example"}}],
)
def test_whatever_is_wrong_it_is_refused_and_written_down(key: Device, alice: User, wrong: Any) -> None:
    answer = come(key, **wrong)
    assert (answer.status_code, code_in(answer)) == (403, "passkey_refused")
    event = Event.objects.get(action=Action.PASSKEY_REFUSE)
    assert (event.person, event.actor) == (alice.public_id, None)
    assert not Family.objects.exists()


def test_an_unknown_one_is_refused_in_the_same_words(key: Device, alice: User) -> None:
    unknown = Device()
    unknown.handle = passkeys.handle_of(alice)
    known, answer = come(key, signature=b"x"), come(unknown)
    assert (answer.status_code, answer.json()["detail"]) == (known.status_code, known.json()["detail"])


def test_a_question_is_answered_once(key: Device) -> None:
    asked = question()
    assert Program().post("login/passkey", {"credential": key.sign(asked)}).status_code == 200
    assert code_in(Program().post("login/passkey", {"credential": key.sign(asked)})) == "passkey_refused"


@pytest.mark.parametrize("purpose", [Purpose.PROVE, Purpose.SECOND_FACTOR])
def test_that_of_another_step_opens_nothing(key: Device, alice: User, purpose: Purpose) -> None:
    answer = key.sign(passkeys.question(alice, purpose))
    assert code_in(Program().post("login/passkey", {"credential": answer})) == "passkey_refused"


def test_nor_does_an_old_one(key: Device) -> None:
    asked = question()
    Ceremony.objects.update(expires_at=timezone.now())
    assert code_in(Program().post("login/passkey", {"credential": key.sign(asked)})) == "passkey_refused"


def test_nor_a_suspended_one(key: Device) -> None:
    row_of(key).suspend()
    assert code_in(come(key)) == "passkey_refused"


def test_somebody_disabled_is_told_so(key: Device) -> None:
    User.objects.update(is_active=False)
    assert code_in(come(key)) == "account_disabled"


@pytest.mark.parametrize("credential", ["{}", 1, None, [], {}])
def test_what_no_browser_answers_is_told_so(credential: Any, db: Any) -> None:
    answer = Program().post("login/passkey", {"credential": credential})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "credential"


def test_the_question_names_nobody(key: Device) -> None:
    assert question()["allowCredentials"] == []


def test_one_network_does_not_ask_for_ever(settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "passkey-question.address": "1/10m"}
    assert Program().post("login/passkey/options").status_code == 200
    assert Program().post("login/passkey/options").status_code == 429


@pytest.mark.django_db(transaction=True)
def test_one_answer_sent_by_four_opens_once(alice: User) -> None:
    answer = give_passkey(alice).sign(question())
    answers = at_once(*[lambda: Program().post("login/passkey", {"credential": answer})] * 4)
    assert statuses(answers) == [200, 403, 403, 403]
    assert Family.objects.count() == 1
