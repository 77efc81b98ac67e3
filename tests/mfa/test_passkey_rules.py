"""Each check that the standard asks of a site (WebAuthn Level 3, §§ 7.1 and 7.2), one thing wrong at a time."""

import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.actions import Action, Outcome
from audit.models import Event
from mfa import webauthn
from mfa.models import Ceremony, Passkey
from tests.conftest import forget_when, sign_in
from tests.mfa.conftest import (
    ADD_PASSKEY,
    BY_PASSKEY,
    CHALLENGE,
    PROVE,
    QUESTION,
    asked,
    by_passkey,
    give_passkey,
    is_in,
    post_answer,
    row_of,
)
from tests.mfa.device import AT, BE, BS, EDDSA, ES256, RS256, UP, UV, Device
from tests.outbox import mails

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}


def reason() -> str:
    event = Event.objects.filter(action=Action.PASSKEY_REFUSE).latest("id")
    assert event.outcome == Outcome.REFUSED
    return str(event.data["reason"])


# --- What must hold of both -------------------------------------------------------------------------------

WRONG_CLIENT_DATA = {
    "another type": ({"type": "webauthn.get.x"}, "type"),
    "no type": ({"type": ...}, "type"),
    "a challenge of nobody's": ({"challenge": "A" * 43}, "no such question"),
    "an empty challenge": ({"challenge": ""}, "no such question"),
    "another site": ({"origin": "http://localhost.evil.example"}, "origin"),
    "another port": ({"origin": "http://localhost:8001"}, "origin"),
    "another scheme": ({"origin": "https://localhost"}, "origin"),
    "the address with a slash": ({"origin": "http://localhost/"}, "origin"),
    "no origin": ({"origin": ...}, "origin"),
    "a list of origins": ({"origin": ["http://localhost"]}, "origin"),
    "a frame in another site": ({"crossOrigin": True}, "cross origin"),
    "a frame, in other words": ({"crossOrigin": "false"}, "cross origin"),
    "the site around the frame": ({"topOrigin": "http://localhost"}, "cross origin"),
}
WRONG_DATA = {
    "another site's passkey": ({"rp_id": "evil.example"}, "RP ID"),
    "the address for the name": ({"rp_id": "http://localhost"}, "RP ID"),
    "nobody there": ({"flags": UV | BE | BS}, "present"),
    "nobody verified": ({"flags": UP | BE | BS}, "not verified"),
    "backed up without being able to": ({"flags": UP | UV | BS}, "backed up"),
}


@pytest.mark.parametrize(("wrong", "why"), WRONG_CLIENT_DATA.values(), ids=WRONG_CLIENT_DATA)
def test_what_the_browser_says_has_to_fit_at_sign_in(
    client: Client, key: Device, wrong: dict[str, Any], why: str
) -> None:
    assert by_passkey(client, key, said=wrong)["Location"] == "/account/login/"
    assert reason() == why
    assert not is_in(client)


@pytest.mark.parametrize(("wrong", "why"), WRONG_CLIENT_DATA.values(), ids=WRONG_CLIENT_DATA)
def test_what_the_browser_says_has_to_fit_when_one_is_added(
    as_alice: Client, wrong: dict[str, Any], why: str
) -> None:
    answer = Device().make(asked(as_alice.get(ADD_PASSKEY)), said=wrong)
    assert post_answer(as_alice, ADD_PASSKEY, answer)["Location"] == ADD_PASSKEY
    assert reason() == why
    assert not Passkey.objects.exists()


@pytest.mark.parametrize(("wrong", "why"), WRONG_DATA.values(), ids=WRONG_DATA)
def test_what_the_device_says_has_to_fit_at_sign_in(
    client: Client, key: Device, wrong: dict[str, Any], why: str
) -> None:
    by_passkey(client, key, **wrong)
    assert why in reason()
    assert not is_in(client)


@pytest.mark.parametrize(("wrong", "why"), WRONG_DATA.values(), ids=WRONG_DATA)
def test_what_the_device_says_has_to_fit_when_one_is_added(
    as_alice: Client, wrong: dict[str, Any], why: str
) -> None:
    said = {**wrong, "flags": wrong["flags"] | AT} if "flags" in wrong else wrong
    post_answer(as_alice, ADD_PASSKEY, Device().make(asked(as_alice.get(ADD_PASSKEY)), **said))
    assert why.replace("present", "presen") in reason()
    assert not Passkey.objects.exists()


def test_an_answer_to_one_question_is_none_to_the_other_kind(as_alice: Client, key: Device) -> None:
    """The types are checked, not only the purposes: here, the question is right."""
    question = as_alice.post(QUESTION).json()
    by_passkey(as_alice, key, said={"type": "webauthn.create", "challenge": question["challenge"]})
    assert reason() == "type"


# --- Adding one ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_each_algorithm_that_is_offered_is_taken(client: Client, as_alice: Client, algorithm: int) -> None:
    question = asked(as_alice.get(ADD_PASSKEY))
    assert algorithm in [kind["alg"] for kind in question["pubKeyCredParams"]]
    device = Device(algorithm=algorithm)
    assert post_answer(as_alice, ADD_PASSKEY, device.make(question)).status_code == 200
    assert by_passkey(Client(), device)["Location"] == "/account/"


def test_the_question_asks_for_what_is_checked(as_alice: Client, alice: User) -> None:
    question = asked(as_alice.get(ADD_PASSKEY))
    assert question["authenticatorSelection"]["userVerification"] == "required"
    assert question["authenticatorSelection"]["residentKey"] == "required"
    assert question["attestation"] == "none"
    assert question["rp"]["id"] == "localhost"
    assert len(webauthn.decode(question["challenge"])) == 32
    assert len(webauthn.decode(question["user"]["id"])) == 32
    assert question["user"]["name"] == alice.email


P384, WEAK = ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 1024)  # noqa: S505
UNWANTED: dict[str, tuple[Callable[[], Device], dict[str, Any]]] = {
    "an algorithm that was not offered": (Device, {"key": {3: -36}}),
    "SHA-1": (lambda: Device(algorithm=RS256), {"key": {3: -65535}}),
    "another curve": (lambda: Device(key=P384), {}),
    "a short key": (lambda: Device(algorithm=RS256, key=WEAK), {}),
    "a point that is on no curve": (Device, {"key": {-2: bytes(32)}}),
    "no key at all": (Device, {"flags": UP | UV}),
    "an id of 1024 bytes": (lambda: Device(credential_id=bytes(1024)), {}),
    "no id": (lambda: Device(credential_id=b""), {}),
    "a format that nobody knows": (Device, {"attestation": {"fmt": "nonsense"}}),
    "a statement where there is none": (Device, {"attestation": {"attStmt": {"sig": b"x"}}}),
    "a certificate": (
        Device,
        {"attestation": {"fmt": "packed", "attStmt": {"x5c": [b"x"], "sig": b"x", "alg": -7}}},
    ),
    "a signature of its own that is wrong": (
        Device,
        {"attestation": {"fmt": "packed", "attStmt": {"sig": b"x", "alg": -7}}},
    ),
}


@pytest.mark.parametrize(("device", "wrong"), UNWANTED.values(), ids=UNWANTED)
def test_a_passkey_that_is_not_wanted_is_refused(
    as_alice: Client, device: Any, wrong: dict[str, Any]
) -> None:
    answer = device().make(asked(as_alice.get(ADD_PASSKEY)), **wrong)
    assert post_answer(as_alice, ADD_PASSKEY, answer).status_code in (302, 400)
    assert not Passkey.objects.exists()


def test_the_longest_id_is_taken(as_alice: Client) -> None:
    device = Device(credential_id=bytes(range(256)) * 3 + bytes(255))
    assert len(device.credential_id) == 1023
    post_answer(as_alice, ADD_PASSKEY, device.make(asked(as_alice.get(ADD_PASSKEY))))
    assert by_passkey(Client(), device)["Location"] == "/account/"


def test_one_that_is_known_is_not_made_again(by_key: Client, key: Device) -> None:
    question = asked(by_key.get(ADD_PASSKEY))
    assert [known["id"] for known in question["excludeCredentials"]] == [webauthn.encode(key.credential_id)]
    post_answer(by_key, ADD_PASSKEY, key.make(question))
    assert reason() == "known passkey"
    assert Passkey.objects.count() == 1


def test_nor_taken_over_from_somebody_else(as_alice: Client, bob: User) -> None:
    his = give_passkey(bob)
    thief = Device(credential_id=his.credential_id)
    post_answer(as_alice, ADD_PASSKEY, thief.make(asked(as_alice.get(ADD_PASSKEY))))
    assert reason() == "known passkey"
    assert row_of(his).user == bob


def test_the_id_that_is_signed_is_the_one_that_counts(as_alice: Client) -> None:
    answer = Device().make(asked(as_alice.get(ADD_PASSKEY)))
    answer["id"] = answer["rawId"] = webauthn.encode(b"another")
    post_answer(as_alice, ADD_PASSKEY, answer)
    assert not Passkey.objects.exists()


# --- Showing one --------------------------------------------------------------------------------------------


def test_another_signature_is_refused(client: Client, key: Device) -> None:
    by_passkey(client, key, signature=Device()._signature(b"something else"))
    assert "signature" in reason()
    assert not is_in(client)


def test_nor_is_one_by_another_key(client: Client, key: Device) -> None:
    forged = Device(credential_id=key.credential_id, handle=key.handle)
    by_passkey(client, forged)
    assert "signature" in reason()


def test_an_unknown_passkey_is_refused(client: Client, alice: User) -> None:
    by_passkey(client, Device(handle=b"x" * 32))
    assert reason() == "unknown passkey"


def test_one_that_was_removed_is_unknown(client: Client, key: Device) -> None:
    Passkey.objects.all().delete()
    by_passkey(client, key)
    assert reason() == "unknown passkey"
    assert not is_in(client)


def test_one_younger_than_the_question_is_refused(client: Client, alice: User) -> None:
    question = client.post(QUESTION).json()
    post_answer(client, BY_PASSKEY, give_passkey(alice).sign(question))
    assert reason() == "unknown passkey"


@pytest.mark.parametrize("handle", [None, b"x" * 32, b""])
def test_the_device_has_to_name_its_owner(client: Client, key: Device, handle: bytes | None) -> None:
    by_passkey(client, key, handle=handle)
    assert "user handle" in reason()


def test_and_not_somebody_else(client: Client, key: Device, bob: User) -> None:
    by_passkey(client, key, handle=give_passkey(bob).handle)
    assert reason() == "user handle"
    assert not is_in(client)


@pytest.mark.parametrize(("was", "says"), [(0, BE), (BE, 0), (BE | BS, 0)])
def test_whether_it_may_be_copied_never_changes(client: Client, alice: User, was: int, says: int) -> None:
    by_passkey(client, give_passkey(alice, backup=was), flags=UP | UV | says)
    assert reason() == "backup eligibility"


def test_whether_it_was_copied_may(client: Client, key: Device) -> None:
    by_passkey(client, key, flags=UP | UV | BE)
    assert is_in(client)
    assert not row_of(key).backed_up


# --- Its count ----------------------------------------------------------------------------------------------


def test_the_count_is_kept(by_key: Client, key: Device) -> None:
    assert row_of(key).sign_count == key.count == 1
    assert row_of(key).last_used_at is not None


def test_a_device_that_does_not_count_is_taken_each_time(client: Client, alice: User) -> None:
    device = give_passkey(alice, counts=False)
    for _ in range(2):
        assert by_passkey(Client(), device)["Location"] == "/account/"


@pytest.mark.parametrize("count", [5, 4, 0])
def test_a_count_that_stands_still_or_goes_back_is_a_copy(client: Client, alice: User, count: int) -> None:
    device = give_passkey(alice, count=5)
    by_passkey(client, device, count=count)
    assert reason() == "sign count"
    assert not is_in(client)
    assert row_of(device).suspended_at is not None
    assert Event.objects.filter(action=Action.PASSKEY_SUSPEND, person=alice.public_id).count() == 1
    mail = mails(message="passkey_suspended", recipient=alice.email).get()
    assert "has a copy" in mail.text


def test_then_neither_of_the_two_opens_anything(client: Client, alice: User) -> None:
    device = give_passkey(alice, count=5)
    by_passkey(client, device, count=5)
    by_passkey(client, device, count=9)
    assert reason() == "suspended"
    assert not is_in(client)
    assert mails(message="passkey_suspended").count() == 1


def test_a_suspended_one_still_keeps_the_second_step_on(client: Client, alice: User) -> None:
    device = give_passkey(alice, count=5)
    by_passkey(client, device, count=5)
    assert sign_in(client, alice)["Location"] == CHALLENGE
    question = asked(client.get(CHALLENGE))
    assert question["allowCredentials"] == []
    assert "not accepted" in post_answer(client, CHALLENGE, device.sign(question, count=9)).text
    assert not is_in(client)


def test_a_count_alone_accuses_nobody(client: Client, alice: User) -> None:
    """Without the key, nobody has a passkey of somebody else suspended."""
    device = give_passkey(alice, count=5)
    by_passkey(client, device, count=1, signature=b"forged")
    assert row_of(device).suspended_at is None


# --- The question -------------------------------------------------------------------------------------------


def test_a_question_is_answered_once(client: Client, key: Device) -> None:
    answer = key.sign(client.post(QUESTION).json())
    assert post_answer(client, BY_PASSKEY, answer)["Location"] == "/account/"
    other = Client()
    post_answer(other, BY_PASSKEY, answer)
    assert reason() == "no such question"
    assert not is_in(other)
    assert row_of(key).suspended_at is None


def test_a_wrong_answer_uses_it_up_as_well(client: Client, key: Device) -> None:
    question = client.post(QUESTION).json()
    post_answer(client, BY_PASSKEY, key.sign(question, flags=UP | BE | BS))
    post_answer(client, BY_PASSKEY, key.sign(question))
    assert reason() == "no such question"


def test_it_waits_for_ten_minutes(client: Client, key: Device) -> None:
    question = client.post(QUESTION).json()
    Ceremony.objects.update(expires_at=timezone.now())
    post_answer(client, BY_PASSKEY, key.sign(question))
    assert reason() == "no such question"


def test_one_for_the_second_step_opens_no_sign_in(client: Client, alice: User, key: Device) -> None:
    sign_in(client, alice)
    post_answer(client, BY_PASSKEY, key.sign(asked(client.get(CHALLENGE))))
    assert reason() == "no such question"


def test_nor_the_other_way_round(client: Client, alice: User, key: Device) -> None:
    sign_in(client, alice)
    answer = key.sign(client.post(QUESTION).json())
    assert "not accepted" in post_answer(client, CHALLENGE, answer).text
    assert not is_in(client)


def test_one_for_proving_is_none_for_the_second_step(
    client: Client, alice: User, by_key: Client, key: Device
) -> None:
    question = asked(by_key.get(PROVE))
    other = Client()
    sign_in(other, alice)
    assert "not accepted" in post_answer(other, CHALLENGE, key.sign(question)).text
    assert not is_in(other)


def test_one_for_adding_is_for_its_person(as_alice: Client, bob: User) -> None:
    other = Client()
    sign_in(other, bob)
    device = Device()
    answer = device.make(asked(other.get(ADD_PASSKEY)))
    post_answer(as_alice, ADD_PASSKEY, answer)
    assert reason() == "no such question"
    assert not Passkey.objects.exists()


# --- Where it is already known who it is ----------------------------------------------------------------------


@pytest.fixture
def waiting(client: Client, alice: User, key: Device) -> Client:
    assert sign_in(client, alice)["Location"] == CHALLENGE
    return client


EVERYTHING = {
    **{name: ({"said": wrong}, why) for name, (wrong, why) in WRONG_CLIENT_DATA.items()},
    **WRONG_DATA,
}


@pytest.mark.parametrize(("wrong", "_why"), EVERYTHING.values(), ids=EVERYTHING)
def test_the_second_step_checks_the_same(
    waiting: Client, key: Device, wrong: dict[str, Any], _why: str
) -> None:
    page = post_answer(waiting, CHALLENGE, key.sign(asked(waiting.get(CHALLENGE)), **wrong))
    assert "not accepted" in page.text
    assert not is_in(waiting)


@pytest.mark.parametrize(("wrong", "_why"), EVERYTHING.values(), ids=EVERYTHING)
def test_and_so_does_proving_it_once_more(
    by_key: Client, key: Device, wrong: dict[str, Any], _why: str
) -> None:
    forget_when(by_key, settings.REAUTHENTICATION_TIMEOUT.total_seconds() + 1)
    page = post_answer(by_key, PROVE, key.sign(asked(by_key.get(PROVE)), **wrong))
    assert "not accepted" in page.text
    assert by_key.get(ADD_PASSKEY).status_code == 302


def test_the_second_step_asks_for_ones_own(waiting: Client, key: Device, bob: User) -> None:
    give_passkey(bob)
    question = asked(waiting.get(CHALLENGE))
    assert [one["id"] for one in question["allowCredentials"]] == [webauthn.encode(key.credential_id)]
    assert question["userVerification"] == "required"


def test_somebody_elses_opens_nothing(waiting: Client, bob: User) -> None:
    his = give_passkey(bob)
    answer = his.sign(asked(waiting.get(CHALLENGE)))
    assert "not accepted" in post_answer(waiting, CHALLENGE, answer).text
    assert not is_in(waiting)


def test_nor_does_it_under_ones_own_handle(waiting: Client, key: Device, bob: User) -> None:
    answer = give_passkey(bob).sign(asked(waiting.get(CHALLENGE)), handle=key.handle)
    post_answer(waiting, CHALLENGE, answer)
    assert not is_in(waiting)


def test_there_a_device_may_keep_the_handle_to_itself(waiting: Client, key: Device) -> None:
    answer = key.sign(asked(waiting.get(CHALLENGE)), handle=None)
    assert post_answer(waiting, CHALLENGE, answer)["Location"] == "/account/"


# --- What is no answer at all -----------------------------------------------------------------------------------


@pytest.fixture
def unlimited(settings: Any) -> None:
    """So that every kind of nonsense is looked at."""
    many = dict.fromkeys(("passkey.address", "second-factor.address"), "1000/1h")
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, **many}


def test_what_is_no_answer_is_a_bad_request(by_key: Client, key: Device, unlimited: None) -> None:
    client = by_key
    good = key.sign(client.post(QUESTION).json())
    for broken in nonsense(good):
        for path in (BY_PASSKEY, ADD_PASSKEY):
            answer = client.post(path, {"code": broken}, headers=JSON)
            assert 400 <= answer.status_code < 500, broken
            assert answer["Content-Type"] == "application/problem+json"
    assert client.post(BY_PASSKEY, headers=JSON).json()["code"] == "bad_input"


def nonsense(good: dict[str, Any]) -> list[str]:
    """Each part missing, of each other kind, and bent."""
    texts = ["", "{", "null", "[]", "1", '"x"', "{}", "[" * 5000, '{"response": null}']
    others: list[Any] = [None, 1, True, [], {}, "", "ä", "====", "A", "AAAA", ["x"]]
    for path in (
        ["id"],
        ["rawId"],
        ["type"],
        ["response"],
        *(["response", part] for part in good["response"]),
    ):
        for other in others:
            bent = copy.deepcopy(good)
            inner = bent
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = other
            texts.append(json.dumps(bent))
    for client_data in (
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"challenge": 1}',
        b'{"challenge": null}',
        b"\xff\xfe",
        b"1",
        b'{"challenge": "\\u0000"}',
        b'{"challenge": "\\ud800"}',
    ):
        bent = copy.deepcopy(good)
        bent["response"]["clientDataJSON"] = webauthn.encode(client_data)
        texts.append(json.dumps(bent))
    return texts


@pytest.mark.parametrize("path", [CHALLENGE, PROVE])
def test_nor_does_it_break_the_other_pages(client: Client, alice: User, key: Device, path: str) -> None:
    if path == PROVE:
        by_passkey(client, key)
    else:
        sign_in(client, alice)
    question = asked(client.get(path))
    for broken in nonsense(key.sign(question)):
        answer = client.post(path, {"code": broken, "with": "passkey"}, headers=JSON)
        assert answer.status_code in (200, 400, 429)


def test_a_refusal_for_programs_says_no_more_than_the_page(client: Client, key: Device) -> None:
    answer = client.post(
        BY_PASSKEY,
        {"code": json.dumps(key.sign(client.post(QUESTION).json(), signature=b"x"))},
        headers=JSON,
    )
    assert answer.status_code == 403
    assert answer.json()["code"] == "passkey_refused"
    assert "signature" not in answer.text


@pytest.mark.parametrize(
    "attestation",
    [
        {"fmt": "fido-u2f", "attStmt": {"x5c": [b"x"], "sig": b"x"}},
        {"fmt": "tpm", "attStmt": {}},
        {"fmt": "packed", "attStmt": {"x5c": [b"x"], "sig": b"x", "alg": -7}},
    ],
    ids=lambda attestation: attestation["fmt"],
)
def test_certificates_are_not_even_looked_at(as_alice: Client, attestation: dict[str, Any]) -> None:
    answer = Device().make(asked(as_alice.get(ADD_PASSKEY)), attestation=attestation)
    post_answer(as_alice, ADD_PASSKEY, answer)
    assert reason() == "attestation"


def test_a_device_may_vouch_for_itself(as_alice: Client) -> None:
    device = Device()
    answer = device.make(asked(as_alice.get(ADD_PASSKEY)))
    response = answer["response"]
    made = cbor2.loads(webauthn.decode(response["attestationObject"]))
    said = hashlib.sha256(webauthn.decode(response["clientDataJSON"])).digest()
    statement = {"alg": ES256, "sig": device._signature(made["authData"] + said)}
    made |= {"fmt": "packed", "attStmt": statement}
    response["attestationObject"] = webauthn.encode(cbor2.dumps(made))
    assert post_answer(as_alice, ADD_PASSKEY, answer).status_code == 200
    assert row_of(device).created_at is not None
