"""The lists of the desk, as somebody works with them: found, narrowed down, taken away, each with the right to it."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import Session, User
from audit.actions import Action
from audit.models import Event
from core.desk.permissions import SitePermission
from tests.conftest import give_app, sign_in
from tests.desk import give

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"


def found(client: Client, query: str, path: str = PEOPLE) -> set[str]:
    page = client.get(f"{path}?{query}")
    assert page.status_code == 200
    return {row.email for row in page.context["cl"].result_list}


@pytest.fixture
def cast(alice: User, bob: User, charlie: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    give_app(charlie)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=ali", "alice"),
        ("q=BOB@example.org", "bob"),
        ("q=bro+b", "bob"),
        ("q=clark", "charlie"),
        ("q=@example.org", "admin alice bob charlie"),
        ("q=@example.com", ""),
        ("q=%27%3A%2A", ""),
        ("state=disabled", "bob"),
        ("factor=yes", "admin charlie"),
        ("factor=no", "alice bob"),
        ("address=Alice@Example.org", "alice"),
        ("organization=nowhere", ""),
        ("date_joined_day=30d", "admin alice bob charlie"),
    ],
)
def test_people_are_found(as_admin: Client, cast: None, query: str, names: str) -> None:
    assert found(as_admin, query) == {f"{name}@example.org" for name in names.split()}


@pytest.mark.parametrize(
    "query", ["state=%27", "date_joined_day=soon", "before=x", "q=%00", "organization=%00"]
)
def test_what_is_no_filter_is_refused(as_admin: Client, query: str) -> None:
    assert as_admin.get(f"{PEOPLE}?{query}").status_code in (200, 302, 400)


def exported(client: Client, path: str = PEOPLE, **given: str) -> Any:
    return client.post(f"{path}export/?q=ali", {"format": "ndjson", **given})


def test_a_list_is_taken_away_with_evidence(as_admin: Client, admin: User, alice: User, bob: User) -> None:
    answer = exported(as_admin)
    rows = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert [(row["email"], row["public_id"]) for row in rows] == [("alice@example.org", str(alice.public_id))]
    assert not {"password", "session_key", "pk"} & rows[0].keys()
    event = Event.objects.get(action=Action.LIST_EXPORT)
    assert event.actor == admin.public_id
    assert event.data == {"list": "accounts-user", "format": "ndjson", "rows": "1"}
    assert event.personal_fields().details == {"filters": {"q": ["ali"]}}


def test_a_session_is_taken_away_without_what_names_it(as_admin: Client, alice: User) -> None:
    sign_in(Client(), alice)
    text = b"".join(exported(as_admin, "/admin/accounts/session/").streaming_content).decode()
    assert "alice@example.org" in text
    assert Session.objects.get(user=alice).pk not in text


def test_a_list_is_for_those_who_may_take_it_away(client: Client, alice: User, bob: User) -> None:
    give(bob, SitePermission.PEOPLE_VIEW)
    give_app(bob)
    sign_in(client, bob)
    assert 'action="export/' not in client.get(PEOPLE).text
    assert exported(client).status_code == 403
    give(bob, SitePermission.LISTS_EXPORT)
    assert 'action="export/' in client.get(PEOPLE).text
    assert exported(client).status_code == 200
    assert exported(client, "/admin/accounts/session/").status_code == 403


def test_a_link_takes_nothing_away(as_admin: Client) -> None:
    assert as_admin.get(f"{PEOPLE}export/").status_code == 405
    assert not Event.objects.filter(action=Action.LIST_EXPORT).exists()
