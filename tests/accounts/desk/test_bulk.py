"""One act upon many people: each with evidence, none twice, and never more than whoever asked may do."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.desk import acts
from accounts.desk.errors import NotNow, NotYourReach
from accounts.flows import bulk, provision
from accounts.models import BulkJob, BulkTarget, Role, RoleGrant, User
from accounts.roles.catalogue import BuiltInRole
from accounts.tasks import work_off_bulk
from audit.actions import Action
from audit.models import Event
from core.client import Facts
from core.desk.permissions import SitePermission
from tests.conftest import be, make_staff
from tests.desk import PEOPLE, chosen, give

pytestmark = pytest.mark.django_db
FACTS = Facts("203.0.113.9", "Firefox on Linux", "")
State = BulkTarget.State


@pytest.fixture
def crowd(db: Any) -> list[User]:
    return [provision.create_person(email=f"person{number}@example.org") for number in range(7)]


def begin(actor: User, people: list[User], name: str = "disable", **more: Any) -> BulkJob:
    rows = User.objects.filter(pk__in=[user.pk for user in people])
    return bulk.begin(act=acts.named(name), people=rows, actor=actor, facts=FACTS, reason="Spam", **more)


def states(job: BulkJob) -> list[str]:
    return list(job.targets.order_by("pk").values_list("state", flat=True))


def test_from_the_list_by_way_of_a_question_to_the_progress(
    as_admin: Client, admin: User, crowd: list[User]
) -> None:
    sent = chosen("disable", *crowd)
    asked = as_admin.post(PEOPLE, sent)
    assert "This field is required" in asked.text
    del sent["confirmed"]
    assert "This concerns 7 people" in as_admin.post(PEOPLE, sent).text
    assert not BulkJob.objects.exists()
    page = as_admin.post(PEOPLE, chosen("disable", *crowd, reason="Spam"), follow=True)
    assert "0 of 7" in page.text
    assert page["Refresh"] == "2"
    work_off_bulk()
    page = as_admin.get(page.request["PATH_INFO"])
    assert "7 of 7" in page.text
    assert "Refresh" not in page
    assert User.objects.filter(is_active=False).count() == 7
    done = Event.objects.filter(action=Action.PERSON_DISABLE)
    assert {event.person for event in done} == {user.public_id for user in crowd}
    assert {event.actor for event in done} == {admin.public_id}
    assert {event.personal_fields().details["reason"] for event in done} == {"Spam"}
    assert {event.personal_fields().address for event in done} == {"127.0.0.1"}


def test_everybody_of_a_list_without_naming_them(as_admin: Client, crowd: list[User]) -> None:
    sent = chosen("end-access", crowd[0], select_across="1")
    as_admin.post(f"{PEOPLE}?staff=no", sent)
    assert BulkJob.objects.get().total == len(crowd)


def test_it_goes_on_where_it_stopped_and_does_nobody_twice(admin: User, crowd: list[User]) -> None:
    job = begin(admin, crowd)
    assert bulk.work(limit=3) == 3
    assert states(job) == [State.DONE] * 3 + [State.WAITING] * 4
    assert bulk.stop(job=job, actor=admin, facts=FACTS)
    assert bulk.work() == 0
    assert bulk.resume(job=job, actor=admin, facts=FACTS)
    assert bulk.work() == 4
    assert Event.objects.filter(action=Action.PERSON_DISABLE).count() == 7
    job.refresh_from_db()
    assert job.state == BulkJob.State.DONE
    assert Event.objects.get(action=Action.BULK_END).data["done"] == 7


def test_a_worker_that_dies_in_the_middle_leaves_nothing_half_done(
    admin: User, crowd: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = begin(admin, crowd)
    bulk.work(limit=2)

    def die(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(BulkTarget, "save", die)
        with pytest.raises(KeyboardInterrupt):
            bulk.work(limit=1)
    assert User.objects.filter(is_active=False).count() == 2
    assert bulk.work() == 5
    assert states(job) == [State.DONE] * 7


def test_whom_the_asker_may_not_act_on_is_refused_with_evidence(
    admin: User, bob: User, crowd: list[User]
) -> None:
    make_staff(bob, BuiltInRole.ADMINISTRATOR)
    job = begin(bob, [admin, bob, *crowd[:2]])
    bulk.work()
    assert sorted(states(job)) == [State.DONE] * 2 + [State.REFUSED] * 2
    assert set(job.targets.values_list("why", flat=True)) == {"", "desk_above_yourself", "desk_not_yourself"}
    admin.refresh_from_db()
    assert admin.is_active
    assert Event.objects.filter(action=Action.DESK_REFUSE, actor=bob.public_id).count() == 2


def test_the_last_owner_stays_also_here(admin: User, crowd: list[User]) -> None:
    second = provision.create_person(email="second@example.org", administrator=True)
    job = begin(second, [admin, *crowd[:1]])
    User.objects.filter(pk=admin.pk).update(is_active=True)
    bulk.work()
    assert job.targets.filter(state=State.DONE).count() == 2
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1


def test_whoever_loses_the_permission_on_the_way_does_no_more(bob: User, crowd: list[User]) -> None:
    make_staff(bob, BuiltInRole.ADMINISTRATOR)
    job = begin(bob, crowd)
    bulk.work(limit=2)
    RoleGrant.objects.all().delete()
    bulk.work()
    assert states(job) == [State.DONE] * 2 + [State.REFUSED] * 5


def test_a_role_is_given_to_many_and_taken_again(admin: User, crowd: list[User]) -> None:
    auditor = Role.objects.get(name=BuiltInRole.AUDITOR.value)
    begin(admin, crowd, "give-role", answers={"role": str(auditor.pk)})
    bulk.work()
    assert User.objects.filter(is_staff=True, is_superuser=False).count() == 7
    begin(admin, crowd[:2], "take-role-of-many", answers={"role": str(auditor.pk)})
    bulk.work()
    assert User.objects.filter(is_staff=True, is_superuser=False).count() == 5


@pytest.mark.parametrize("name", [act.name for act in acts.every() if act.in_bulk and act.form is None])
def test_every_act_for_many_leaves_evidence_of_each(admin: User, crowd: list[User], name: str) -> None:
    if name == "enable":
        User.objects.filter(pk__in=[user.pk for user in crowd]).update(is_active=False)
    before = Event.objects.count()
    job = begin(admin, crowd, name)
    bulk.work()
    assert states(job) == [State.DONE] * 7
    persons = Event.objects.filter(pk__gt=before, person__isnull=False).values_list("person", flat=True)
    assert set(persons) >= {user.public_id for user in crowd}


def test_without_the_permission_for_many_there_is_no_such_button(
    client: Client, alice: User, bob: User, crowd: list[User]
) -> None:
    give(alice, SitePermission.PEOPLE_VIEW, SitePermission.PEOPLE_DISABLE)
    be(client, alice)
    assert 'value="disable"' not in client.get(PEOPLE).text
    client.post(PEOPLE, chosen("disable", *crowd, reason="x"))
    assert not BulkJob.objects.exists()
    with pytest.raises(NotYourReach):
        begin(alice, crowd)


def test_what_is_not_meant_for_many_is_refused(admin: User, crowd: list[User]) -> None:
    with pytest.raises(NotYourReach):
        begin(admin, crowd, "compromised")
    with pytest.raises(NotNow):
        begin(admin, [])


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_nobody_is_done_twice(admin: User, crowd: list[User]) -> None:
    job = begin(admin, crowd)

    def work(_number: int) -> None:
        try:
            while BulkJob.objects.filter(pk=job.pk, state=BulkJob.State.WAITING).exists():
                bulk.work()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert Event.objects.filter(action=Action.PERSON_DISABLE).count() == 7
    assert Event.objects.filter(action=Action.BULK_END).count() == 1
