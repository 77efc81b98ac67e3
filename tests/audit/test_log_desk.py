"""At the desk the log is verified by a worker, and lists of it are kept to be taken away again."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit import chain, checking, log
from audit.actions import Action, Outcome
from audit.models import Event, SavedExport, Verification
from core.desk.permissions import SitePermission
from orgs.actor import SHELL
from orgs.flows import organizations
from tests.audit.cast import ALICE, BOB
from tests.audit.switch import DISABLE, ENABLE
from tests.conftest import give_app, sign_in
from tests.desk import chosen, give

pytestmark = pytest.mark.django_db
EVENTS, KEPT = "/admin/audit/event/", "/admin/audit/savedexport/"


def verify(client: Client) -> str:
    """Pressed, and done by a worker; what the list says then."""
    assert client.post(f"{EVENTS}verify/").status_code == 302
    checking.work_off()
    page: str = client.get(EVENTS).text
    return page


def test_a_worker_verifies_the_log_and_the_list_says_so(as_admin: Client, admin: User) -> None:
    chain.seal()
    sealed = Event.objects.count()
    page = verify(as_admin)
    assert "intact" in page
    assert f"{sealed} events in 1 seals" in page
    row = Verification.objects.get()
    assert (row.asked_by, row.events, row.waiting) == (admin.public_id, sealed, 1)
    asked, verified = Event.objects.filter(action__in=[Action.LOG_VERIFY, Action.LOG_VERIFIED]).order_by("pk")
    assert asked.actor == admin.public_id
    assert (verified.outcome, verified.data["head"]) == (Outcome.SUCCESS, row.head)


def test_a_change_to_the_log_is_named(as_admin: Client) -> None:
    event = log.record(Action.SIGN_IN, person=ALICE)
    chain.seal()
    with connection.cursor() as cursor:
        cursor.execute(DISABLE)
        cursor.execute("UPDATE audit_event SET outcome = 'refused' WHERE id = %s", [event.pk])
        cursor.execute(ENABLE)
    page = verify(as_admin)
    assert "NOT intact" in page
    assert f"event {event.pk} was altered" in page
    assert Event.objects.get(action=Action.LOG_VERIFIED).outcome == Outcome.REFUSED


def test_it_runs_once_however_often_it_is_asked_for(as_admin: Client) -> None:
    for _press in range(2):
        as_admin.post(f"{EVENTS}verify/")
    assert Verification.objects.count() == 1
    page = as_admin.get(EVENTS).text
    assert re.search(r"A worker verifies the log since [^<]+m\. UTC\. Load this page", page)
    assert "event/verify/" not in page
    assert checking.work_off() == 1
    assert checking.work_off() == 0


def test_one_that_died_gives_way_to_the_next(as_admin: Client) -> None:
    long_ago = timezone.now() - checking.LONGEST
    Verification.objects.create(asked_at=long_ago, begun_at=long_ago)
    assert "did not come to an end" in as_admin.get(EVENTS).text
    assert "intact" in verify(as_admin)


@pytest.fixture
def reader(client: Client, bob: User) -> Client:
    give(bob, SitePermission.EVENTS_VIEW)
    give_app(bob)
    sign_in(client, bob)
    return client


def test_an_empty_field_of_an_event_is_a_dash(as_admin: Client) -> None:
    event = log.record(Action.SIGN_IN)
    page = as_admin.get(f"{EVENTS}{event.pk}/change/").text
    assert "None" not in page
    assert re.search(r"Person concerned:</label>\s*<div class=\"readonly\">-</div>", page)


def test_events_of_an_organization_are_found_by_its_name(as_admin: Client, alice: User) -> None:
    acme = organizations.create(slug="acme", name="Acme Lamps", owner=alice, by=SHELL)
    found = as_admin.get(f"{EVENTS}?organization=acme+LAMPS&action={Action.ORGANIZATION_CREATE}").text
    assert "1 in this list" in found
    assert str(acme.public_id) in found
    assert "Nothing here is called" not in found


def test_a_filter_says_why_nothing_is_found(as_admin: Client, alice: User) -> None:
    for slug in ("one", "other"):
        organizations.create(slug=slug, name="Twins", owner=alice, by=SHELL)
    for asked in ("organization=nobody", "organization=twins", "person=nobody@example.org"):
        assert "Nothing here is called" in as_admin.get(f"{EVENTS}?{asked}").text, asked


def test_who_only_reads_the_log_neither_verifies_nor_takes_it_away(reader: Client) -> None:
    assert "event/verify/" not in reader.get(EVENTS).text
    for path in (f"{EVENTS}verify/", f"{EVENTS}export/"):
        assert reader.post(path, {"format": "csv"}).status_code == 403
    assert reader.get(KEPT).status_code == 403


def lines(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


@pytest.fixture
def kept(as_admin: Client) -> SavedExport:
    log.record(Action.SIGN_OUT, actor=ALICE, person=ALICE)
    log.record(Action.SIGN_OUT, actor=BOB, person=BOB)
    narrowed = f"{EVENTS}export/?person={ALICE}&action={Action.SIGN_OUT}&at_day=7d&actor="
    first = lines(as_admin.post(narrowed, {"format": "ndjson", "keep_as": "Alice leaves"}))
    assert [row["person"] for row in first] == [str(ALICE)]
    return SavedExport.objects.get()


def test_an_export_is_kept_and_run_again(as_admin: Client, admin: User, kept: SavedExport) -> None:
    assert (kept.name, kept.made_by) == ("Alice leaves", admin.public_id)
    assert kept.filters == {"person": [str(ALICE)], "action": [Action.SIGN_OUT], "at_day": ["7d"]}
    page = as_admin.get(KEPT).text
    assert "Alice leaves" in page
    assert f'title="{admin.public_id}">Ada Admin</a>' in page
    log.record(Action.SIGN_OUT, actor=ALICE, person=ALICE)
    assert len(lines(as_admin.post(KEPT, chosen("run", kept)))) == 2
    kept.refresh_from_db()
    assert kept.last_run_at is not None
    assert Event.objects.filter(action=Action.LIST_EXPORT, actor=admin.public_id).count() == 2
    assert Event.objects.get(action=Action.EXPORT_KEEP).personal_fields().details["name"] == "Alice leaves"


def test_it_is_deleted_with_evidence(as_admin: Client, kept: SavedExport) -> None:
    as_admin.post(KEPT, chosen("drop", kept))
    assert not SavedExport.objects.exists()
    assert Event.objects.get(action=Action.EXPORT_DROP).target_id == str(kept.pk)


def test_what_is_taken_away_says_nothing_of_what_is_personal(as_admin: Client, kept: SavedExport) -> None:
    (row,) = lines(as_admin.post(KEPT, chosen("run", kept)))
    assert not {"personal", "key", "key_id", "address", "before", "after"} & row.keys()


def test_who_may_not_read_the_log_runs_no_export_of_it(client: Client, bob: User, kept: SavedExport) -> None:
    give(bob, SitePermission.LISTS_EXPORT)
    give_app(bob)
    sign_in(client, bob)
    assert client.post(KEPT, chosen("run", kept)).status_code == 403
