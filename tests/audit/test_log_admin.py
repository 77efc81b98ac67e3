import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.admin.utils import lookup_field
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils.html import strip_tags

from accounts.models import User
from audit import addresses, log, privacy
from audit.actions import Action
from audit.admin import PERSONAL, EventAdmin, compared
from audit.models import Event
from core.desk.permissions import Reach
from tests.audit.cast import ALICE, BOB, CHARLIE, FACTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def events() -> EventAdmin:
    return EventAdmin(Event, AdminSite())


def request(**query: str) -> HttpRequest:
    """Somebody who may do everything the admin site offers."""
    asked = RequestFactory().get("/", query)
    everywhere = Reach(everywhere=True)
    asked.user = SimpleNamespace(reach=lambda permission: everywhere, is_active=True, is_staff=True)  # type: ignore[assignment]
    return asked


def rows(events: EventAdmin, **query: str) -> list[Event]:
    return list(events.get_changelist_instance(request(**query)).result_list)


def test_nobody_adds_changes_or_deletes(events: EventAdmin) -> None:
    permissions = events.get_model_perms(request())
    assert permissions == {"add": False, "change": False, "delete": False, "view": True}
    assert Event._meta.default_permissions == ("view",)


def test_a_list_of_many_is_few_queries(
    events: EventAdmin, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for person in (ALICE, BOB) * 20:
        log.record(Action.SIGN_IN, actor=person, person=person, facts=FACTS)
    # One of them for how all the people are called.
    with django_assert_max_num_queries(4):
        shown = rows(events)
        for event in shown:
            [lookup_field(name, event, events) for name in (*events.list_display, *PERSONAL)]
    assert len(shown) == 40


def test_a_person_and_an_organization_are_found_by_what_they_are_called(
    events: EventAdmin, bob: User
) -> None:
    log.record(Action.SIGN_IN, actor=bob.public_id, person=bob.public_id)
    log.record(Action.SIGN_IN, actor=ALICE, person=ALICE)
    for query in ({"q": "BOB@example.org"}, {"person": bob.email}, {"actor": bob.email}):
        assert {event.person for event in rows(events, **query)} == {bob.public_id}
    assert rows(events, organization="no-such-organization") == []


def test_a_person_is_found_by_their_public_id(events: EventAdmin) -> None:
    log.record(Action.SIGN_IN, actor=ALICE, person=ALICE)
    log.record(Action.PERSON_DISABLE, actor=ALICE, person=BOB)
    assert len(rows(events, q=f" {ALICE} ")) == 2
    assert len(rows(events, q=str(BOB))) == 1
    assert rows(events, q=str(CHARLIE)) == []


def test_a_search_for_anything_else_finds_nothing(events: EventAdmin) -> None:
    log.record(Action.SIGN_IN, person=ALICE)
    assert rows(events, q="alice@example.org") == []


def test_the_list_can_be_narrowed_by_action_and_outcome(events: EventAdmin) -> None:
    log.record(Action.SIGN_IN)
    log.record(Action.SIGN_OUT)
    assert len(rows(events, action="account:sign-out", outcome__exact="success")) == 1
    assert rows(events, outcome__exact="refused") == []


def test_a_page_shows_personal_fields_until_they_are_erased(events: EventAdmin) -> None:
    event = log.record(
        Action.SIGN_IN, person=ALICE, facts=FACTS, before={"name": "Ann"}, after={"name": "Al"}
    )
    address, device, difference, other = [getattr(events, name)(event) for name in PERSONAL]
    assert (address, device, other) == ("203.0.113.7", "Firefox on Windows", None)
    assert cells(difference) == ["name", "Ann", "Al"]
    privacy.erase(ALICE)
    erased = Event.objects.get(pk=event.pk)
    address, device, difference, other = [getattr(events, name)(erased) for name in PERSONAL]
    assert (address, device, other) == ("erased",) * 3
    assert cells(difference) == ["name", "–", "–"]
    assert "erased" in difference


def cells(table: str) -> list[str]:
    body = table.partition("<tbody>")[2]
    return [strip_tags(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", body)]


def test_what_changed_is_no_dump_and_no_markup() -> None:
    before = {"roles": ["a", "b"], "open": True, "x": None}
    assert compared(before, {"open": False, "note": {"k": 1}}) == [
        ("roles", "a, b", ""),
        ("open", "Yes", "No"),
        ("x", "", ""),
        ("note", "", "k: 1"),
    ]
    event = log.record(Action.PROFILE_CHANGE, person=ALICE, after={"name": "<script>"})
    assert "<script>" not in EventAdmin(Event, AdminSite()).difference(event)


def test_an_address_is_looked_for_in_the_newest_of_what_is_left_over(
    events: EventAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in (ALICE, BOB, ALICE):
        log.record(Action.SIGN_IN, actor=person, person=person, facts=FACTS)
    log.record(Action.SIGN_IN, person=BOB)
    assert len(rows(events, address="203.0.113.7")) == 3
    assert len(rows(events, address="203.0.113.", person=str(BOB))) == 1
    assert rows(events, address="192.0.2.1") == []
    monkeypatch.setattr(addresses, "LOOKED_THROUGH", 2)
    found = events.get_changelist_instance(request(address="203.0.113.7"))
    assert len(found.result_list) == 1
    assert "newest 2 events" in found.notes[0]
    assert len(rows(events, address="203.0.113.7", q=str(ALICE))) == 2


@pytest.mark.parametrize("name", ["person", "actor", "organization"])
def test_the_list_can_be_narrowed_by_public_ids(events: EventAdmin, name: str) -> None:
    log.record(Action.SIGN_IN, **{name: ALICE})
    log.record(Action.SIGN_IN, **{name: BOB})
    assert len(rows(events, **{name: str(ALICE)})) == 1
    assert rows(events, **{name: "alice@example.org"}) == []


def test_list_and_page_open_for_an_administrator(as_admin: Client) -> None:
    event = log.record(Action.SIGN_IN, person=ALICE, facts=FACTS, data={"methods": ["password"]})
    assert str(ALICE) in as_admin.get("/admin/audit/event/", {"q": str(ALICE)}).text
    page = as_admin.get(f"/admin/audit/event/{event.pk}/change/").text
    assert "203.0.113.7" in page
    assert "password" in page
    assert 'name="_save"' not in page


@pytest.mark.parametrize("action", ["change", "delete"])
def test_no_page_changes_an_event(as_admin: Client, action: str) -> None:
    event = log.record(Action.SIGN_IN)
    assert as_admin.post(f"/admin/audit/event/{event.pk}/{action}/", {"post": "yes"}).status_code == 403
    assert as_admin.get("/admin/audit/event/add/").status_code == 403
