"""Ways round what the desk forbids: each was tried by somebody who meant it."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts import retention
from accounts.desk import acts, panels
from accounts.desk.acts import Order
from accounts.desk.errors import AboveYourself, DeskProblem, NotNow
from accounts.flows import bulk, desk, email, provision, roles, unproved
from accounts.impersonation import flow as impersonation
from accounts.models import BulkJob, BulkTarget, Impersonation, Role, RoleGrant, Session, User
from accounts.roles import catalogue
from accounts.roles.catalogue import BuiltInRole
from accounts.sign_in.allauth_compat import METHODS_KEY
from audit import log
from audit.actions import Action
from audit.models import Event
from core.client import Facts
from core.desk.permissions import SitePermission
from core.models import OutboxMessage
from mfa.flows import reset
from mfa.models import FactorReset
from orgs.actor import SHELL
from orgs.flows import organizations
from orgs.models import Organization
from tests.conftest import PASSWORD, be, give_app, make_staff, sign_in
from tests.desk import PEOPLE, act, chosen, give
from tests.outbox import mails

pytestmark = pytest.mark.django_db
FACTS = Facts("203.0.113.9", "Firefox on Linux", "")
P = SitePermission


@pytest.fixture
def manager(bob: User) -> User:
    """Holds every permission, and does not own the site."""
    make_staff(bob, BuiltInRole.ADMINISTRATOR)
    return bob


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def as_(user: User, *, minutes_ago: int = 0) -> Client:
    """Their browser, in which both steps were shown so long ago."""
    browser = Client()
    be(browser, user)
    session = browser.session
    at = timezone.now() - timedelta(minutes=minutes_ago)
    session[METHODS_KEY] = [{**proof, "at": at.timestamp()} for proof in session[METHODS_KEY]]
    session.save()
    return browser


def refusals(actor: User) -> int:
    return Event.objects.filter(action=Action.DESK_REFUSE, actor=actor.public_id).count()


# --- Whoever is disabled stands where they stood ------------------------------------------------------------


@pytest.mark.parametrize("name", ["enable", "end-access"])
def test_a_disabled_owner_is_an_owners_to_touch(manager: User, admin: User, name: str) -> None:
    User.objects.filter(pk=admin.pk).update(is_active=False)
    order = Order(fresh(admin), fresh(manager), FACTS, reason="x")
    with pytest.raises(AboveYourself):
        acts.carry_out(acts.named(name), order)
    assert not fresh(admin).is_active
    assert refusals(manager) == 1


def test_nor_are_their_second_steps_asked_for_meanwhile(manager: User, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(is_active=False)
    with pytest.raises(reset.NotAllowed):
        reset.ask(user=fresh(admin), actor=fresh(manager), reason="x", facts=FACTS)


def test_whoever_was_disabled_with_a_role_keeps_their_distance(alice: User, charlie: User) -> None:
    give(alice, P.PEOPLE_VIEW, P.PEOPLE_DISABLE)
    give(charlie, role=BuiltInRole.ADMINISTRATOR)
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    with pytest.raises(AboveYourself):
        acts.carry_out(acts.named("enable"), Order(fresh(charlie), fresh(alice), FACTS, reason="x"))


def test_an_owner_may_take_the_ownership_of_a_disabled_one(admin: User) -> None:
    second = provision.create_person(email="second@example.org", administrator=True)
    desk.disable(user=second, actor=admin, facts=FACTS)
    roles.unmake_owner(user=second, actor=admin, facts=FACTS, reason="x")
    assert not fresh(second).is_staff


# --- Roles for one organization -----------------------------------------------------------------------------


@pytest.fixture
def inside(bob: User, acme: Organization) -> Client:
    """Somebody with every permission there is, for Acme only, which Alice owns."""
    give(bob, role=BuiltInRole.ADMINISTRATOR, organization=acme.public_id)
    give_app(bob)
    return as_(bob)


@pytest.mark.parametrize("name", ["vouch", "stop_vouching", "resume", "reopen", "suspend"])
def test_what_the_site_says_of_an_organization_is_not_its_helpers_to_say(
    inside: Client, acme: Organization, name: str
) -> None:
    Organization.objects.update(is_trusted=False, status="suspended")
    inside.post("/admin/orgs/organization/", chosen(name, acme))
    acme.refresh_from_db()
    assert (acme.is_trusted, acme.status) == (False, "suspended")


def test_nor_is_its_sign_in_whose_form_vouches_for_domains(inside: Client, acme: Organization) -> None:
    sent = {
        "organization": "acme",
        "kind": "saml",
        "slug": "x",
        "name": "x",
        "vouched_domains": "example.org",
    }
    assert inside.post("/admin/sso/connection/add/", sent).status_code == 403


def test_of_its_people_they_see_no_other_organization(
    inside: Client, bob: User, alice: User, acme: Organization
) -> None:
    other = organizations.create(slug="secret", name="Secret Society", owner=alice, by=SHELL)
    log.record(Action.PROFILE_CHANGE, person=alice.public_id, personal={"reason": "their own affair"})
    log.record(
        Action.ORGANIZATION_CHANGE,
        person=alice.public_id,
        organization=acme.public_id,
        personal={"reason": "an affair of Acme"},
    )
    page = inside.get(f"{PEOPLE}{alice.pk}/change/").text
    assert acme.name in page
    assert "an affair of Acme" in page
    assert other.name not in page
    assert "their own affair" not in page
    listed = f"/{alice.pk}/change/"
    assert listed in inside.get(f"{PEOPLE}?organization=acme").text
    assert listed not in inside.get(f"{PEOPLE}?organization=secret").text


def test_whoever_may_everywhere_sees_all_of_it(admin: User, alice: User, acme: Organization) -> None:
    organizations.create(slug="secret", name="Secret Society", owner=alice, by=SHELL)
    shown = {str(row.row.title) for panel in panels.shown(admin, alice) for row in panel.rows}
    assert {"Acme Lamps", "Secret Society"} <= shown


@pytest.mark.parametrize(
    "path",
    [
        "{charlie}/history/",
        "{charlie}/delete/",
        "{charlie}/change/?_popup=1&_to_field=id",
        "{charlie}/do/end-access/",
        "{charlie}/roles/",
    ],
)
def test_djangos_own_side_doors_lead_to_nobody_else(inside: Client, charlie: User, path: str) -> None:
    answer = inside.get(PEOPLE + path.format(charlie=charlie.pk), follow=True)
    assert charlie.email not in answer.text
    assert answer.status_code in (200, 403, 404)


@pytest.mark.parametrize("query", ["?q=charlie", "?e=1", "?all=", "?p=0"])
def test_nor_does_a_list(inside: Client, charlie: User, query: str) -> None:
    assert charlie.email not in inside.get(PEOPLE + query).text


def test_nothing_completes_names(inside: Client, admin: User) -> None:
    """Django would for every column that points to a person, and count them all."""
    asked = {"app_label": "accounts", "model_name": "session", "field_name": "user", "term": "charlie"}
    for browser in (inside, as_(admin)):
        assert browser.get("/admin/autocomplete/", asked).status_code == 404


def test_nor_does_everybody_at_once(inside: Client, charlie: User, alice: User) -> None:
    be(Client(), charlie)
    be(Client(), alice)
    theirs = Session.objects.get(user=charlie)
    inside.post("/admin/accounts/session/", chosen("end", theirs, select_across="1"))
    assert Session.objects.filter(user=charlie).exists()
    assert not Session.objects.filter(user=alice).exists()


# --- Without a fresh proof ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [each.name for each in acts.every() if each.is_dangerous])
def test_no_dangerous_act_from_a_stale_session(admin: User, alice: User, name: str, settings: Any) -> None:
    settings.IMPERSONATION = True
    grant = give(alice, P.DASHBOARD_VIEW)
    browser = as_(admin, minutes_ago=30)
    before = Event.objects.count()
    sent = {"role": grant.role_id, "item": grant.pk}
    assert "prove" in act(browser, alice, name, follow=False, **sent)["Location"]
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("accounts/role/add/", {"name": "Mine", "permissions": ["people.view"]}),
        ("sso/connection/add/", {"organization": "acme", "kind": "saml", "slug": "x", "name": "x"}),
        ("mfa/factorreset/add/", {"person": "alice@example.org", "reason": "x"}),
        ("orgs/organization/add/", {"name": "Mine", "slug": "mine", "owner": "alice@example.org"}),
        ("accounts/user/export/", {"format": "csv"}),
        ("orgs/organization/", {"action": "vouch", "_selected_action": "{acme}", "confirmed": "yes"}),
        (
            "accounts/user/",
            {"action": "disable", "_selected_action": "{alice}", "confirmed": "yes", "reason": "x"},
        ),
    ],
)
def test_nor_a_form_or_list(
    admin: User, alice: User, acme: Organization, path: str, sent: dict[str, Any]
) -> None:
    rows = {"{acme}": acme.pk, "{alice}": alice.pk}
    Organization.objects.update(is_trusted=False)
    browser = as_(admin, minutes_ago=30)
    before = Event.objects.count()
    answer = browser.post(
        f"/admin/{path}", {name: rows.get(str(value), value) for name, value in sent.items()}
    )
    assert "prove" in answer["Location"]
    assert Event.objects.count() == before
    assert not BulkJob.objects.exists()


def test_nor_is_a_dangerous_bulk_action_taken_up_again(admin: User, alice: User) -> None:
    people = User.objects.filter(pk=alice.pk)
    job = bulk.begin(act=acts.named("disable"), people=people, actor=admin, facts=FACTS, reason="x")
    bulk.stop(job=job, actor=admin, facts=FACTS)
    resume = f"/admin/accounts/bulkjob/{job.pk}/resume/"
    assert "prove" in as_(admin, minutes_ago=30).post(resume)["Location"]
    assert bulk.work() == 0
    as_(admin).post(resume)
    assert bulk.work() == 1


# --- Accounts that are nobody's yet -------------------------------------------------------------------------


@pytest.fixture
def squatter(db: Any) -> User:
    """Somebody signed up with an address that is not theirs, and waits for its reader to confirm it."""
    user = User.objects.create_user("reader@example.org", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)
    return user


def test_asked_for_a_proof_anew_they_are_not_taken_for_proved(admin: User, squatter: User) -> None:
    with pytest.raises(NotNow):
        desk.require_proof_of_address(user=squatter, actor=admin, facts=FACTS, reason="x")
    assert email.is_first_proof(fresh(squatter))
    assert not unproved.has_owner(squatter.email)


def test_nor_are_they_given_a_role_or_the_site(admin: User, squatter: User) -> None:
    support = Role.objects.get(name=BuiltInRole.SUPPORT.value)
    with pytest.raises(NotNow):
        roles.give(user=squatter, role=support, actor=admin, facts=FACTS, reason="x")  # type: ignore[arg-type]
    with pytest.raises(NotNow):
        roles.make_owner(user=squatter, actor=admin, facts=FACTS, reason="x")
    assert not fresh(squatter).is_staff


def test_whoever_proves_anew_was_somebody_all_along(admin: User, alice: User) -> None:
    desk.require_proof_of_address(user=alice, actor=admin, facts=FACTS, reason="x")
    assert not email.is_first_proof(fresh(alice))
    assert unproved.has_owner(alice.email)
    assert not unproved.drop(alice)
    with pytest.raises(NotNow):
        desk.require_proof_of_address(user=alice, actor=admin, facts=FACTS, reason="x")


# --- Acts that do not apply, and things of others -----------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["compromised", "require-password", "send-reset", "require-proof-of-address"]
)
def test_a_step_that_the_page_does_not_offer_is_refused(admin: User, alice: User, name: str) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert "there is nothing of this to do" in act(as_(admin), alice, name).text
    assert not mails().exists()
    assert fresh(alice).locked_at is None
    assert refusals(admin) == 1


@pytest.mark.parametrize("item", ["", "0", "９" * 40, "-1", "1" * 400])
@pytest.mark.parametrize("name", [each.name for each in acts.every() if each.of_item])
def test_an_item_that_is_none_is_refused(admin: User, alice: User, name: str, item: str) -> None:
    answer = act(as_(admin), alice, name, item=item)
    assert answer.status_code == 200
    assert "there is nothing of this to do" in answer.text


def test_nor_does_an_item_of_somebody_else_end(admin: User, alice: User, charlie: User) -> None:
    be(Client(), charlie)
    grant = give(charlie, P.DASHBOARD_VIEW)
    browser = as_(admin)
    act(browser, alice, "end-sign-in", item=Session.objects.get(user=charlie).pk)
    act(browser, alice, "take-role", item=grant.pk)
    assert Session.objects.filter(user=charlie).exists()
    grant.refresh_from_db()
    assert grant.is_live


@pytest.mark.parametrize("method", ["head", "options", "put", "patch", "delete"])
def test_no_other_method_acts(admin: User, alice: User, method: str) -> None:
    browser = as_(admin)
    before = Event.objects.count()
    getattr(browser, method)(f"{PEOPLE}{alice.pk}/do/end-access/")
    assert Event.objects.count() == before


# --- Roles --------------------------------------------------------------------------------------------------


def test_a_role_that_would_bring_nothing_there_is_not_given(
    admin: User, charlie: User, acme: Organization
) -> None:
    """It would make them look like somebody at the desk, whom helpers of their organization do not reach."""
    made = roles.create(name="Giver", permissions=[P.ROLES_GIVE], actor=admin, facts=FACTS)
    with pytest.raises(NotNow):
        roles.give(
            user=charlie,
            role=made,
            organization=acme.public_id,
            actor=admin,
            facts=FACTS,
            reason="x",
        )


def test_a_role_that_is_deleted_leaves_evidence_of_each_who_had_it(
    admin: User, alice: User, bob: User
) -> None:
    made = roles.create(name="Night", permissions=[P.PEOPLE_VIEW], actor=admin, facts=FACTS)
    for user in (alice, bob):
        roles.give(user=user, role=made, actor=admin, facts=FACTS, reason="x")
    roles.take(grant=RoleGrant.objects.get(user=bob), actor=admin, facts=FACTS)
    assert roles.delete(role=made, actor=admin, facts=FACTS) == 1
    taken = Event.objects.filter(action=Action.SITE_ROLE_TAKE, person=alice.public_id).get()
    assert taken.personal_fields().before == {"roles": ["Night"]}
    assert mails(message="role_taken", recipient=alice.email).count() == 1
    assert not fresh(alice).is_staff


@pytest.mark.parametrize("name", ["administrator", "Administrator ", "OWNER\x00", "support"])
def test_a_role_does_not_borrow_the_name_of_another(admin: User, name: str) -> None:
    as_(admin).post("/admin/accounts/role/add/", {"name": name, "permissions": ["people.view"]})
    assert Role.objects.count() == len(BuiltInRole)


def test_the_edit_of_a_role_one_holds_adds_nothing_one_does_not_hold(alice: User) -> None:
    grant = give(alice, P.ROLES_VIEW, P.ROLES_MANAGE)
    give_app(alice)
    sent = {"name": "Mine", "permissions": ["roles.view", "roles.manage", "roles.give"]}
    as_(alice).post(f"/admin/accounts/role/{grant.role_id}/change/", sent)
    assert not fresh(alice).reach(P.ROLES_GIVE)
    assert refusals(alice) == 1


def test_nor_of_a_role_that_is_wider_than_what_one_holds(alice: User) -> None:
    give(alice, P.ROLES_VIEW, P.ROLES_MANAGE)
    wider = Role.objects.create(name="Wider")
    wider.permissions.set(catalogue.rows_of([P.PEOPLE_DISABLE]))
    with pytest.raises(AboveYourself):
        roles.edit(role=wider, name="x", permissions=[P.ROLES_VIEW], actor=alice, facts=FACTS)  # type: ignore[arg-type]
    with pytest.raises(AboveYourself):
        roles.delete(role=wider, actor=alice, facts=FACTS)  # type: ignore[arg-type]


# --- Refusals leave evidence --------------------------------------------------------------------------------


def test_a_session_above_ones_own(manager: User, admin: User) -> None:
    be(Client(), admin)
    as_(manager).post("/admin/accounts/session/", chosen("end", Session.objects.get(user=admin)))
    assert Session.objects.filter(user=admin).exists()
    assert refusals(manager) == 1


def test_whoever_asked_for_a_reset_and_confirms_it(manager: User, alice: User) -> None:
    give_app(alice)
    row = reset.ask(user=alice, actor=manager, reason="x", facts=FACTS)
    as_(manager).post("/admin/mfa/factorreset/", chosen("confirm", row))
    row.refresh_from_db()
    assert row.confirmed_by is None
    assert refusals(manager) == 1


def test_a_reset_that_is_asked_for_above_oneself(manager: User, admin: User) -> None:
    sent = {"person": admin.email, "reason": "x"}
    assert as_(manager).post("/admin/mfa/factorreset/add/", sent).status_code == 403
    assert not FactorReset.objects.exists()
    assert refusals(manager) == 1


def test_a_mail_to_somebody_above_oneself(manager: User, admin: User) -> None:
    desk.send_reset(user=admin, actor=admin, facts=FACTS)
    mails().update(state=OutboxMessage.State.SENT)
    as_(manager).post("/admin/core/outboxmessage/", chosen("resend", mails().get()))
    assert mails().get().state == OutboxMessage.State.SENT
    assert refusals(manager) == 1


def test_an_act_that_is_sent_without_the_permission(alice: User, charlie: User) -> None:
    give(alice, P.PEOPLE_VIEW)
    give_app(alice)
    browser = as_(alice)
    assert browser.get(f"{PEOPLE}{charlie.pk}/do/disable/").status_code == 404
    assert refusals(alice) == 0
    assert act(browser, charlie, "disable").status_code == 404
    assert refusals(alice) == 1


# --- A reset that waits -------------------------------------------------------------------------------------


def due(user: User, actor: User) -> FactorReset:
    give_app(user)
    row = reset.ask(user=user, actor=actor, reason="x", facts=FACTS)
    FactorReset.objects.update(hold_until=timezone.now())
    return row


def test_a_reset_ends_with_the_role_of_whoever_asked_for_it(manager: User, alice: User) -> None:
    row = due(alice, manager)
    User.objects.filter(pk=manager.pk).update(is_active=False)
    assert reset.release_due() == 0
    row.refresh_from_db()
    assert row.end == FactorReset.End.WITHDRAWN
    assert not mails(message="factor_reset_ready").exists()


def test_nor_does_it_reach_whoever_has_risen_above_them(manager: User, alice: User, admin: User) -> None:
    due(alice, manager)
    roles.make_owner(user=alice, actor=admin, facts=FACTS, reason="x")
    assert reset.release_due() == 0
    assert not mails(message="factor_reset_ready").exists()


def test_otherwise_it_is_released(manager: User, alice: User) -> None:
    due(alice, manager)
    assert reset.release_due() == 1
    assert mails(message="factor_reset_ready").exists()


# --- Many at once -------------------------------------------------------------------------------------------


@pytest.fixture
def job(admin: User, alice: User, bob: User, charlie: User) -> BulkJob:
    people = User.objects.filter(pk__in=[alice.pk, bob.pk, charlie.pk])
    return bulk.begin(act=acts.named("end-access"), people=people, actor=admin, facts=FACTS)


def failing(error: Exception) -> None:
    raise error


def taking_too_long() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20ms'")
        cursor.execute("SELECT pg_sleep(1)")


def breaking(monkeypatch: pytest.MonkeyPatch, at: User, fail: Callable[[], None]) -> None:
    whole = acts.named("end-access")

    def do(order: Order) -> Any:
        if order.user == at:
            desk.end_access(user=order.user, actor=order.actor, facts=order.facts)
            fail()
        return whole.do(order)

    broken = acts.Act("end-access", "", "", whole.needs, do, in_bulk=True)
    monkeypatch.setitem(vars(acts)["_acts"], "end-access", broken)


@pytest.mark.parametrize("fail", [partial(failing, ZeroDivisionError()), taking_too_long])
def test_what_nobody_foresaw_at_one_keeps_nobody_else_waiting(
    job: BulkJob, bob: User, admin: User, monkeypatch: pytest.MonkeyPatch, fail: Callable[[], None]
) -> None:
    breaking(monkeypatch, bob, fail)
    bulk.work()
    assert dict(job.targets.values_list("user", "why"))[bob.pk] == "desk_failed"
    assert job.targets.filter(state=BulkTarget.State.DONE).count() == 2
    assert fresh(bob).access_revoked_at is None
    assert BulkJob.objects.get().state == BulkJob.State.DONE
    assert "Something went wrong" in as_(admin).get(f"/admin/accounts/bulkjob/{job.pk}/change/").text


def test_an_outage_is_nobodys_refusal(job: BulkJob, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        breaking(patch, alice, partial(failing, OperationalError()))
        with pytest.raises(OperationalError):
            bulk.work()
    assert bulk.work() == 3
    assert job.targets.filter(state=BulkTarget.State.DONE).count() == 3


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_superuser": False, "is_staff": False}])
def test_whoever_asked_and_is_out_does_nothing_more(
    job: BulkJob, admin: User, change: dict[str, bool]
) -> None:
    User.objects.filter(pk=admin.pk).update(**change)
    bulk.work()
    assert set(job.targets.values_list("why", flat=True)) == {"desk_not_your_reach"}
    assert refusals(admin) == 3


@pytest.mark.parametrize("change", [{"asked_by": None}, {"act": "an act of long ago"}])
def test_a_job_that_nobody_answers_for_any_more_ends(job: BulkJob, change: dict[str, Any]) -> None:
    BulkJob.objects.update(**change)
    bulk.work()
    assert BulkJob.objects.get().state == BulkJob.State.DONE
    assert job.targets.filter(state=BulkTarget.State.REFUSED).count() == 3


def test_whom_it_concerned_is_forgotten_after_a_month(job: BulkJob, admin: User) -> None:
    bulk.work()
    retention.prune_bulk()
    assert BulkTarget.objects.count() == 3
    BulkJob.objects.update(finished_at=timezone.now() - retention.BULK_KEPT)
    retention.prune_bulk()
    assert not BulkTarget.objects.exists()
    assert Event.objects.filter(action=Action.BULK_END).exists()


def test_people_are_chosen_by_what_stands_in_the_filters_and_nothing_else(admin: User, alice: User) -> None:
    give(alice, P.DASHBOARD_VIEW)
    asked = "?q=alice%' OR 1=1 --&staff=yes&date_joined_day=30d"
    as_(admin).post(PEOPLE + asked, chosen("end-access", alice, select_across="1"))
    assert not BulkJob.objects.exists()
    as_(admin).post(PEOPLE + "?q=alice&staff=yes", chosen("end-access", alice, select_across="1"))
    assert list(BulkTarget.objects.values_list("user", flat=True)) == [alice.pk]


# --- The way back -------------------------------------------------------------------------------------------


def test_somebody_without_a_password_comes_back_from_a_locked_account(admin: User, client: Client) -> None:
    """Who came by an outside account alone has no other way in than the mail, and that one leads in."""
    user = provision.create_person(email="by-provider@example.org")
    desk.compromised(user=user, actor=admin, facts=FACTS, reason="x")
    assert not fresh(user).has_usable_password()
    link = re.search(r"/account/password/reset/[^\s]+", mails(message="reset_password").get().text)
    assert link is not None
    client.post(link[0], {"new_password": PASSWORD})
    assert fresh(user).locked_at is None
    assert sign_in(client, user)["Location"] == "/account/"


# --- The rest -----------------------------------------------------------------------------------------------


def test_whoever_goes_on_to_another_person_has_left_the_first(
    manager: User, alice: User, charlie: User, settings: Any
) -> None:
    settings.IMPERSONATION = True
    browser = as_(manager)
    act(browser, alice, "impersonate", follow=False)
    act(browser, charlie, "impersonate", follow=False)
    assert "You act in the place of Charlie Clark" in browser.get("/account/").text
    assert Impersonation.objects.get(ended_at=None).user == charlie
    assert Event.objects.get(action=Action.IMPERSONATION_END).person == alice.public_id


def test_a_form_in_another_tab_changes_nobody_but_whom_it_was_for(
    manager: User, alice: User, settings: Any
) -> None:
    """Filled in as oneself it is not sent as the other, nor the other way round."""
    settings.IMPERSONATION = True
    browser = Client(enforce_csrf_checks=True)
    be(browser, manager)

    def token(path: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(path).text)
        assert found is not None
        return found[1]

    def save(name: str, csrf: str) -> int:
        given = {"name": name, "language": "", "time_zone": "", "csrfmiddlewaretoken": csrf}
        return int(browser.post("/account/profile/", given).status_code)

    own = token("/account/profile/")
    page = f"{PEOPLE}{alice.pk}/do/impersonate/"
    browser.post(page, {"reason": "They called.", "csrfmiddlewaretoken": token(page)})
    assert save("Bob Brown", own) == 403
    theirs = token("/account/profile/")
    browser.post("/account/impersonation/end/", {"csrfmiddlewaretoken": theirs})
    assert save("Alice Arden", theirs) == 403
    assert (fresh(alice).name, fresh(manager).name) == ("Alice Arden", "Bob Brown")
    assert save("Robert Brown", token("/account/profile/")) == 302


def test_a_place_is_the_actors_alone(manager: User, alice: User, charlie: User, settings: Any) -> None:
    settings.IMPERSONATION = True
    row = impersonation.begin(user=alice, actor=manager, facts=FACTS, reason="x")
    assert impersonation.begun_by(charlie, row.pk) is None
    assert impersonation.begun_by(manager, str(row.pk)) is None


def test_a_disabled_owner_gets_no_link_from_the_shell() -> None:
    provision.create_person(email="ada@example.org", administrator=True)
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="already has an account"):
        call_command("create_admin", "ada@example.org")


def test_every_refusal_of_the_desk_says_something() -> None:
    for problem in DeskProblem.__subclasses__():
        assert problem().detail
        assert problem.code.startswith("desk_")
