import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from audit import log
from audit.actions import Action, ActorKind, Outcome
from audit.models import Event, PersonalFields, Readability
from core.client import Facts
from tests.audit.cast import ACME, ALICE, BOB, FACTS

pytestmark = pytest.mark.django_db


def stored() -> Event:
    return Event.objects.get()


def test_it_writes_who_did_what_to_whom() -> None:
    log.record(
        Action.SESSION_END, actor=ALICE, person=BOB, organization=ACME, target=("session", "7"), facts=FACTS
    )
    event = stored()
    assert (event.action, event.actor, event.person, event.organization) == (
        "account:session:end",
        ALICE,
        BOB,
        ACME,
    )
    assert (event.target_kind, event.target_id, event.request_id) == ("session", "7", "request-1")
    assert (event.outcome, event.by_themselves) == (Outcome.SUCCESS, False)


def test_the_answer_is_the_stored_event() -> None:
    event = log.record(Action.SIGN_IN, actor=ALICE, person=ALICE, facts=FACTS)
    assert event == stored()
    assert event.at == stored().at
    assert event.by_themselves


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"actor": ALICE}, ActorKind.PERSON),
        ({"facts": FACTS}, ActorKind.ANONYMOUS),
        ({}, ActorKind.SYSTEM),
    ],
)
def test_it_tells_people_strangers_and_itself_apart(given: dict[str, Any], kind: ActorKind) -> None:
    log.record(Action.SIGN_IN, **given)
    assert stored().actor_kind == kind


def test_it_goes_when_the_change_is_rolled_back() -> None:
    with transaction.atomic():
        log.record(Action.SIGN_IN, person=ALICE)
        transaction.set_rollback(True)
    assert not Event.objects.exists()


def test_what_is_personal_can_be_read_again() -> None:
    log.record(
        Action.SIGN_UP, person=ALICE, facts=FACTS, personal={"email": "a@x.org"}, after={"name": "Alice"}
    )
    assert stored().personal_fields() == PersonalFields(
        address="203.0.113.7",
        device="Firefox on Windows",
        after={"name": "Alice"},
        details={"email": "a@x.org"},
    )


def test_nothing_personal_lies_open_in_the_row() -> None:
    before, after = {"name": "Ann"}, {"name": "Al"}
    log.record(Action.SIGN_UP, person=ALICE, facts=FACTS, before=before, after=after, data={"by": "form"})
    row = str(Event.objects.values().get()) + str(bytes(stored().personal or b""))
    assert "form" in row
    assert not re.search("203.0.113.7|Firefox|Ann", row)


def test_an_event_without_personal_facts_needs_no_key() -> None:
    log.record(Action.SIGN_OUT, person=ALICE, data={"why": "idle"})
    assert stored().key_id is None
    assert stored().personal_fields() == PersonalFields()


def test_it_keeps_the_names_of_changed_fields_in_the_open() -> None:
    before, after = (
        {"name": "Ann", "email": "a@x.org"},
        {"name": "Al", "email": "a@x.org", "password": "hunter2"},
    )
    log.record(Action.PERSON_CREATE, person=ALICE, before=before, after=after)
    assert stored().changes == ["name", "password"]
    assert stored().personal_fields().after["password"] == "[redacted]"


def test_hostile_text_is_cleaned_and_never_fails() -> None:
    hostile = "a\x00b\ud800c"
    facts = Facts(address=hostile, device=hostile, request_id=hostile)
    log.record(
        Action.SIGN_IN_REFUSE,
        facts=facts,
        target=(hostile, hostile),
        data={hostile: [hostile]},
        personal={"email": hostile},
        before={hostile: hostile},
    )
    assert stored().data == {"a�b�c": ["a�b�c"]}
    assert stored().personal_fields().device == stored().request_id == stored().target_id == "a�b�c"


def test_a_ciphertext_moved_to_another_row_is_not_readable(tamper: Callable[..., None]) -> None:
    log.record(Action.SIGN_IN, person=ALICE, facts=FACTS)
    refused = log.record(Action.SIGN_IN_REFUSE, person=ALICE, facts=FACTS)
    tamper("UPDATE audit_event SET personal = (SELECT personal FROM audit_event ORDER BY id LIMIT 1)")
    refused.refresh_from_db()
    assert refused.personal_fields() == PersonalFields(state=Readability.UNREADABLE)


def test_the_actors_key_serves_where_no_person_is_concerned() -> None:
    log.record(Action.MAIL_RESEND, actor=ALICE, facts=FACTS)
    assert stored().key_id == ALICE


def test_actions_read_like_subject_object_verb() -> None:
    odd = [action for action in Action.values if not re.fullmatch(r"[a-z]+(:[a-z-]+){1,2}", action)]
    assert odd == []


def test_data_survives_as_json() -> None:
    data = {
        "ended": {"sessions": 2, "none": None},
        "methods": ("password",),
        "ratio": float("nan"),
        "who": ALICE,
    }
    log.record(Action.ACCESS_REVOKE, data=data)
    expected = {
        "ended": {"sessions": 2, "none": None},
        "methods": ["password"],
        "ratio": "nan",
        "who": str(ALICE),
    }
    assert json.loads(json.dumps(stored().data)) == expected
