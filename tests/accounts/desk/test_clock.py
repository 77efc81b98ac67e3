"""Times at the desk: typed and shown by the clock of whoever works there, whose zone stands beside them."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import BulkJob, Role, RoleGrant, User
from accounts.roles.catalogue import BuiltInRole
from accounts.tasks import work_off_bulk
from audit.models import Event
from core.desk.moments import when
from tests.conftest import be
from tests.desk import PEOPLE, act, chosen
from tests.outbox import mails

pytestmark = pytest.mark.django_db
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def desk(admin: User) -> Client:
    """Of an administrator in New York."""
    User.objects.filter(pk=admin.pk).update(time_zone=NEW_YORK.key)
    admin.refresh_from_db()
    browser = Client()
    be(browser, admin)
    return browser


@pytest.fixture
def evening() -> datetime:
    """Half past eleven there, which is the next day elsewhere."""
    return (timezone.now().astimezone(NEW_YORK) + timedelta(days=9)).replace(
        hour=23, minute=30, second=0, microsecond=0
    )


@pytest.fixture
def auditor(db: None) -> Role:
    return Role.objects.get(name=BuiltInRole.AUDITOR.value)  # type: ignore[return-value]


def typed(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"


def shown(moment: datetime) -> str:
    with timezone.override(NEW_YORK):
        return when(moment)


def test_a_time_is_read_by_the_clock_of_whoever_types_it(
    desk: Client, alice: User, evening: datetime, auditor: Role
) -> None:
    act(desk, alice, "give-role", role=auditor.pk, ends_at=typed(evening))
    assert RoleGrant.objects.get().ends_at == evening
    page = desk.get(f"{PEOPLE}{alice.pk}/change/").text
    assert f"until {shown(evening)}" in page
    assert re.search(r"11:30 p\.m\. E[SD]T", page)


def test_also_where_a_worker_with_another_clock_does_it(
    desk: Client, alice: User, evening: datetime, auditor: Role
) -> None:
    sent = chosen("give-role", alice, reason="Audit", role=auditor.pk, ends_at=typed(evening))
    assert desk.post(PEOPLE, sent).status_code == 302
    work_off_bulk()
    assert BulkJob.objects.get().state == "done"
    assert RoleGrant.objects.get().ends_at == evening


@pytest.mark.parametrize("name", ["give-role", "compromised"])
def test_the_zone_stands_beside_the_field(desk: Client, alice: User, name: str) -> None:
    assert "By your clock: America/New_York." in desk.get(f"{PEOPLE}{alice.pk}/do/{name}/").text


@pytest.mark.parametrize(
    "path", [PEOPLE, f"{PEOPLE}{{}}/change/", "/admin/audit/event/", "/admin/audit/event/{event}/"]
)
def test_it_stands_beside_what_is_shown(desk: Client, alice: User, path: str) -> None:
    act(desk, alice, "end-access")
    event = Event.objects.order_by("pk").last()
    assert event is not None
    page = desk.get(path.format(alice.pk, event=f"{event.pk}/change")).text
    moments = re.findall(r"[A-Z]\w+\.? \d+, \d{4}, [\d:]+ [ap]\.m\.(?! E[SD]T)", page)
    assert re.search(r"\bE[SD]T\b", page)
    assert moments == []


def test_a_day_in_a_filter_is_one_of_that_clock(desk: Client, alice: User) -> None:
    late = datetime(2026, 3, 3, 4, 30, tzinfo=UTC)
    User.objects.filter(pk=alice.pk).update(date_joined=late)
    assert alice.name in desk.get(f"{PEOPLE}?date_joined_day=2026-03-02").text
    assert alice.name not in desk.get(f"{PEOPLE}?date_joined_day=2026-03-03").text


def test_the_mail_about_a_role_has_the_zone_of_its_reader(
    desk: Client, alice: User, evening: datetime, auditor: Role
) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Tokyo")
    act(desk, alice, "give-role", role=auditor.pk, ends_at=typed(evening))
    mail = mails(message="role_given").get()
    for text in (mail.text, mail.html):
        assert re.search(r"It ends by itself on [^<\n]+ [ap]\.m\. JST\.", text)
        assert ".." not in text
