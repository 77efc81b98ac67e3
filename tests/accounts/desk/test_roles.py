"""Roles at the desk: nobody gives what they do not hold, raises themselves, or leaves the site without an owner."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone, translation

from accounts.desk import why
from accounts.desk.errors import AboveYourself, LastOwner, NotNow, NotYourself
from accounts.flows import provision, roles
from accounts.models import Role, RoleGrant, Session, User
from accounts.roles import catalogue
from accounts.roles.catalogue import OF_BUILT_IN, BuiltInRole
from audit.actions import Action
from audit.models import Event
from core.client import Facts
from core.desk.permissions import EVERYTHING, SitePermission
from orgs.models import Organization
from tests.conftest import PASSWORD, be, give_app, make_staff
from tests.desk import PEOPLE, act, give
from tests.outbox import mails

pytestmark = pytest.mark.django_db
FACTS = Facts("203.0.113.9", "", "")
P = SitePermission


def role(name: BuiltInRole) -> Role:
    return Role.objects.get(name=name.value)  # type: ignore[return-value]


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def given_by(actor: User, user: User, wanted: BuiltInRole, **more: Any) -> RoleGrant:
    return roles.give(user=user, role=role(wanted), actor=actor, facts=FACTS, reason="x", **more)


@pytest.fixture
def manager(bob: User) -> User:
    """Holds every permission, and does not own the site."""
    make_staff(bob, BuiltInRole.ADMINISTRATOR)
    return bob


# --- What comes with the site -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(BuiltInRole))
def test_a_role_that_comes_with_the_site_holds_what_the_code_says(name: BuiltInRole) -> None:
    assert role(name).holds == OF_BUILT_IN[name]


def test_its_row_is_brought_back_after_every_migration() -> None:
    role(BuiltInRole.AUDITOR).permissions.set(catalogue.rows_of(EVERYTHING))
    catalogue.synchronize()
    assert role(BuiltInRole.AUDITOR).holds == OF_BUILT_IN[BuiltInRole.AUDITOR]


def test_an_auditor_changes_nothing() -> None:
    assert all(
        permission.value.endswith((".view", ".verify", ".export"))
        for permission in OF_BUILT_IN[BuiltInRole.AUDITOR]
    )


# --- Giving and taking ------------------------------------------------------------------------------------


def test_a_role_opens_the_desk_at_once_and_taken_it_is_shut(as_admin: Client, alice: User) -> None:
    give_app(alice)
    browser = Client()
    be(browser, alice)
    assert browser.get(PEOPLE, follow=True).status_code == 403
    act(as_admin, alice, "give-role", role=role(BuiltInRole.SUPPORT).pk)
    assert browser.get(PEOPLE).status_code == 200
    act(as_admin, alice, "take-role", item=RoleGrant.objects.get().pk)
    assert browser.get(PEOPLE, follow=True).status_code == 403
    assert not fresh(alice).is_staff
    assert [mail.message for mail in mails().order_by("pk")] == ["role_given", "role_taken"]


@pytest.mark.parametrize(
    ("language", "zone", "ends"),
    [("de", "Europe/Berlin", "1. Dezember 2126 13:30"), ("", "", "Dec. 1, 2126, 12:30 p.m.")],
)
def test_the_mail_about_it_is_in_the_words_and_by_the_clock_of_its_reader(
    admin: User, alice: User, language: str, zone: str, ends: str
) -> None:
    User.objects.filter(pk=alice.pk).update(language=language, time_zone=zone)
    with translation.override("de"), timezone.override("Asia/Tokyo"):
        roles.give(
            user=alice,
            role=role(BuiltInRole.SUPPORT),
            actor=admin,
            facts=None,
            reason="x",
            ends_at=datetime(2126, 12, 1, 12, 30, tzinfo=UTC),
        )
    assert ends in mails().get().text


def test_its_evidence_shows_before_and_after(as_admin: Client, admin: User, alice: User) -> None:
    act(as_admin, alice, "give-role", role=role(BuiltInRole.SUPPORT).pk, reason="On duty")
    event = Event.objects.get(action=Action.SITE_ROLE_GIVE)
    known = event.personal_fields()
    assert (event.actor, event.person) == (admin.public_id, alice.public_id)
    assert (known.before, known.after) == ({"roles": []}, {"roles": ["support"]})
    assert known.details == {"reason": "On duty"}


def test_sessions_that_are_open_end_as_soon_as_those_of_the_desk(
    settings: Any, admin: User, alice: User
) -> None:
    be(Client(), alice)
    given_by(admin, alice, BuiltInRole.SUPPORT)
    latest = timezone.now() + settings.STAFF_SESSION_IDLE_TIMEOUT
    assert Session.objects.get(user=alice).expire_date <= latest


def test_nobody_gives_what_they_do_not_hold(alice: User, charlie: User) -> None:
    give(alice, P.ROLES_GIVE, P.PEOPLE_VIEW)
    with pytest.raises(AboveYourself):
        given_by(alice, charlie, BuiltInRole.SUPPORT)
    assert not fresh(charlie).is_staff


def test_nor_takes_it(alice: User, charlie: User) -> None:
    give(alice, P.ROLES_GIVE, P.PEOPLE_VIEW)
    grant = give(charlie, role=BuiltInRole.SUPPORT)
    with pytest.raises(AboveYourself):
        roles.take(grant=grant, actor=alice, facts=FACTS)
    assert fresh(charlie).is_staff


def test_nobody_raises_themselves(manager: User) -> None:
    with pytest.raises(NotYourself):
        given_by(manager, manager, BuiltInRole.SUPPORT)


def test_nobody_gives_for_longer_than_they_hold_it(alice: User, charlie: User) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    give(alice, role=BuiltInRole.ADMINISTRATOR, ends_at=tomorrow)
    for longer in (None, tomorrow + timedelta(hours=1)):
        with pytest.raises(AboveYourself):
            given_by(alice, charlie, BuiltInRole.SUPPORT, ends_at=longer)
    given_by(alice, charlie, BuiltInRole.SUPPORT, ends_at=tomorrow - timedelta(hours=1))


def test_twice_is_once(admin: User, alice: User) -> None:
    given_by(admin, alice, BuiltInRole.SUPPORT)
    with pytest.raises(NotNow):
        given_by(admin, alice, BuiltInRole.SUPPORT)
    assert RoleGrant.objects.count() == 1


def test_somebody_may_give_up_their_own(manager: User) -> None:
    roles.take(grant=RoleGrant.objects.get(user=manager), actor=manager, facts=FACTS)
    assert not fresh(manager).is_staff


@pytest.mark.django_db(transaction=True)
def test_of_two_who_give_it_at_once_one_does(admin: User, alice: User) -> None:
    def once(_number: int) -> bool:
        try:
            given_by(admin, alice, BuiltInRole.SUPPORT)
        except NotNow:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(once, range(2))) == [False, True]


# --- Owners -----------------------------------------------------------------------------------------------


def test_ownership_is_given_by_owners_alone(manager: User, admin: User, alice: User) -> None:
    with pytest.raises(AboveYourself):
        roles.make_owner(user=alice, actor=manager, facts=FACTS, reason="x")
    roles.make_owner(user=alice, actor=admin, facts=FACTS, reason="x")
    assert fresh(alice).is_superuser
    assert fresh(alice).is_staff


def test_the_last_owner_stays(admin: User) -> None:
    with pytest.raises(LastOwner):
        roles.unmake_owner(user=admin, actor=admin, facts=FACTS, reason="x")


@pytest.mark.django_db(transaction=True)
def test_two_owners_cannot_unmake_each_other(admin: User) -> None:
    second = provision.create_person(email="second@example.org", password=PASSWORD, administrator=True)

    def once(pair: tuple[User, User]) -> bool:
        try:
            roles.unmake_owner(user=pair[0], actor=pair[1], facts=FACTS, reason="x")
        except (AboveYourself, LastOwner):
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(once, [(admin, second), (second, admin)])) == [False, True]
    assert User.objects.filter(is_superuser=True).count() == 1


# --- For a time, and for one organization -----------------------------------------------------------------


def test_a_role_for_a_day_ends_at_its_moment_and_not_at_the_next_task(alice: User) -> None:
    give(alice, role=BuiltInRole.SUPPORT, ends_at=timezone.now() - timedelta(seconds=1))
    assert not fresh(alice).reach(P.PEOPLE_VIEW)
    assert fresh(alice).is_staff
    assert roles.end_due() == 1
    assert not fresh(alice).is_staff
    assert Event.objects.get(action=Action.SITE_ROLE_END).person == alice.public_id
    assert roles.end_due() == 0


@pytest.mark.parametrize("until", ["2020-01-01T00:00", "2099-01-01T00:00"])
def test_an_end_that_makes_no_sense_is_refused(as_admin: Client, alice: User, until: str) -> None:
    page = act(as_admin, alice, "give-role", role=role(BuiltInRole.SUPPORT).pk, ends_at=until)
    assert "within the next year" in page.text
    assert not RoleGrant.objects.exists()


def test_in_one_organization_only_its_people_are_seen_and_acted_on(
    acme: Organization, alice: User, charlie: User, bob: User, client: Client
) -> None:
    """Alice owns Acme, Charlie is nobody's."""
    make_staff(bob, is_superuser=False)
    RoleGrant.objects.all().delete()
    give(bob, role=BuiltInRole.SUPPORT, organization=acme.public_id)
    be(client, bob)
    listed = client.get(PEOPLE).text
    assert alice.email in listed
    assert charlie.email not in listed
    assert client.get(f"{PEOPLE}{charlie.pk}/change/").status_code == 404
    assert act(client, charlie, "end-access").status_code == 404
    assert "All access has ended" in act(client, alice, "end-access").text


def test_there_it_brings_nothing_that_knows_no_such_bounds(acme: Organization, alice: User) -> None:
    give(alice, role=BuiltInRole.ADMINISTRATOR, organization=acme.public_id)
    held = fresh(alice).authority
    assert P.ROLES_GIVE not in held.permissions
    assert P.PEOPLE_DISABLE not in held.permissions
    assert not held.reach(P.PEOPLE_VIEW).everywhere


def test_whoever_works_at_the_desk_is_not_the_organizations_to_act_on(
    acme: Organization, alice: User, bob: User, client: Client
) -> None:
    give(alice, P.DASHBOARD_VIEW)
    give(bob, role=BuiltInRole.SUPPORT, organization=acme.public_id)
    give_app(bob)
    be(client, bob)
    assert client.get(f"{PEOPLE}{alice.pk}/change/").status_code == 404


# --- Roles of the site's own ------------------------------------------------------------------------------


def test_a_role_is_made_changed_and_deleted(as_admin: Client, alice: User) -> None:
    page = "/admin/accounts/role/"
    as_admin.post(page + "add/", {"name": "Night shift", "permissions": ["people.view", "people.help"]})
    made: Any = Role.objects.get(name="Night shift")
    assert made.holds == {P.PEOPLE_VIEW, P.PEOPLE_HELP}
    give(alice, P.DASHBOARD_VIEW)
    RoleGrant.objects.update(role_id=made.pk)
    as_admin.post(f"{page}{made.pk}/change/", {"name": "Night", "permissions": ["people.view"]})
    assert fresh(alice).authority.permissions == {P.PEOPLE_VIEW}
    change = Event.objects.get(action=Action.SITE_ROLE_CHANGE).personal_fields()
    assert change.before["permissions"] == ["people.help", "people.view"]
    assert change.after == {"name": "Night", "permissions": ["people.view"]}
    as_admin.post(page, {"action": "remove", "_selected_action": made.pk, "confirmed": "yes"})
    assert not fresh(alice).is_staff


def test_nobody_makes_a_role_of_what_they_do_not_hold(client: Client, alice: User) -> None:
    give(alice, P.ROLES_VIEW, P.ROLES_MANAGE)
    give_app(alice)
    be(client, alice)
    sent = {"name": "Mine", "permissions": ["people.disable"]}
    assert "what they do not hold" in client.post("/admin/accounts/role/add/", sent, follow=True).text
    assert not Role.objects.filter(name="Mine").exists()
    assert Event.objects.filter(action=Action.DESK_REFUSE).count() == 1


def test_what_comes_with_the_site_is_not_changed(as_admin: Client) -> None:
    support = role(BuiltInRole.SUPPORT)
    sent = {"name": "support", "permissions": ["roles.give"]}
    assert as_admin.post(f"/admin/accounts/role/{support.pk}/change/", sent).status_code == 403
    as_admin.post(
        "/admin/accounts/role/", {"action": "remove", "_selected_action": support.pk, "confirmed": "yes"}
    )
    assert role(BuiltInRole.SUPPORT).holds == OF_BUILT_IN[BuiltInRole.SUPPORT]


# --- Who may what, and why --------------------------------------------------------------------------------


def test_it_is_said_why_somebody_may(acme: Organization, alice: User) -> None:
    give(alice, role=BuiltInRole.AUDITOR)
    give(alice, role=BuiltInRole.SUPPORT, organization=acme.public_id)
    because = {held.permission: held.because for held in why.of(fresh(alice))}
    assert because[P.EVENTS_VIEW] == ["as Auditor", f"as Support, for {acme.name} only"]
    assert because[P.ROLES_GIVE] == []


def test_django_is_told_the_same(alice: User, admin: User) -> None:
    give(alice, role=BuiltInRole.AUDITOR)
    assert fresh(alice).has_perm("core.events.view")
    assert not fresh(alice).has_perm("core.roles.give")
    assert not fresh(alice).has_perm("accounts.change_user")


def test_what_stands_in_djangos_own_tables_opens_nothing(alice: User) -> None:
    """Only grants do: they have a giver, a reason and an end."""
    alice.groups.set([Role.objects.get(name=BuiltInRole.ADMINISTRATOR.value)])
    alice.user_permissions.set(catalogue.rows_of(EVERYTHING))
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert not fresh(alice).has_perm("core.people.view")
    assert not fresh(alice).authority.permissions


def test_the_matrix_shows_every_permission_and_role(as_admin: Client) -> None:
    page = as_admin.get("/admin/accounts/role/matrix/").text
    assert all(permission.value in page for permission in P)
    assert all(str(each.label) in page for each in BuiltInRole)
