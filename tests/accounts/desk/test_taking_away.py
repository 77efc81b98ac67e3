"""What the log knows about a person leaves as a file, noted, and without what is others'."""

import json

import pytest
from django.test import Client

from accounts.desk import taking_away
from accounts.models import User
from audit import log
from audit.actions import Action
from audit.models import Event
from core.client import Facts
from tests.desk import act

pytestmark = pytest.mark.django_db


def test_it_holds_everything_of_theirs_and_nothing_of_anybody_else(
    as_admin: Client, admin: User, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_away, "BATCH", 2)
    where = Facts("203.0.113.9", "Firefox on Linux", "")
    for _number in range(4):
        log.record(Action.SIGN_IN, actor=alice.public_id, person=alice.public_id, facts=where)
    log.record(Action.SIGN_IN, actor=bob.public_id, person=bob.public_id, facts=where)
    log.record(Action.PERSON_DISABLE, actor=admin.public_id, person=alice.public_id, facts=where)
    answer = act(as_admin, alice, "export-events", format="ndjson", reason="She asked for it.")
    assert "attachment" in answer["Content-Disposition"]
    rows = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert {row["person"] for row in rows} == {str(alice.public_id)}
    actions = [row["action"] for row in rows]
    assert actions.count(Action.SIGN_IN) == 4
    by_others = [row for row in rows if row["actor"] == str(admin.public_id)]
    assert by_others
    assert {row["address"] for row in by_others} == {""}
    assert {row["address"] for row in rows if row["action"] == Action.SIGN_IN} == {"203.0.113.9"}
    noted = Event.objects.get(action=Action.PERSON_EXPORT)
    assert (noted.actor, noted.person) == (admin.public_id, alice.public_id)
    assert noted.personal_fields().details == {"reason": "She asked for it."}


def test_without_a_reason_nothing_leaves(as_admin: Client, alice: User) -> None:
    act(as_admin, alice, "export-events", format="csv", reason="")
    assert not Event.objects.filter(action=Action.PERSON_EXPORT).exists()
