"""The rules of an organization for signing in: the strictest wins, and nobody loses their own account to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accounts.models import Session, User
from accounts.session import limits
from accounts.sign_in import methods
from audit.actions import Action, Outcome
from audit.models import Event
from orgs import rules, ways
from orgs.actor import SHELL, Actor
from orgs.errors import AboveYourself, WouldLockOwnersOut, WouldLockYouOut
from orgs.flows import members, organizations, policy, roles, teams
from orgs.models import Membership, Organization, Policy
from orgs.permissions import BuiltIn, Permission
from tests.conftest import forget_when, sign_in
from tests.orgs.conftest import join, signed_in
from tests.outbox import mails

pytestmark = pytest.mark.django_db
NONE: dict[str, Any] = {
    "ways": [],
    "second_factor": False,
    "second_factor_for": Policy.Audience.EVERYBODY,
    "second_factor_from": None,
    "session_idle": None,
    "session_absolute": None,
    "inviters": Policy.Inviters.ADMINS,
    "domains": [],
}


def ruled(organization: Organization, **chosen: Any) -> None:
    policy.edit(organization=organization, by=SHELL, signed_in_by=set(), **{**NONE, **chosen})


def refusals() -> int:
    rows = Event.objects.of_action(Action.SIGN_IN_REFUSE).filter(outcome=Outcome.REFUSED)
    return sum(event.data.get("reason") == "organization-rules" for event in rows)


# --- Ways to sign in ------------------------------------------------------------------------------------


def test_a_way_that_is_not_allowed_ends_before_anything_opens(acme: Organization, bobs: Membership) -> None:
    ruled(acme, ways=["socialaccount"])
    client = Client()
    assert sign_in(client, bobs.user).url == "/orgs/other-way/"
    page = client.get("/orgs/other-way/")
    assert page.status_code == 403
    assert "Acme Lamps" in page.content.decode()
    assert "/account/login/" in client.get("/account/").url
    assert refusals() == 1


def test_an_allowed_way_opens(acme: Organization, bobs: Membership) -> None:
    ruled(acme, ways=["password"])
    assert sign_in(Client(), bobs.user).url == "/account/"


def test_of_two_organizations_both_have_to_be_content(
    acme: Organization, globex: Organization, bobs: Membership
) -> None:
    join(globex, bobs.user)
    ruled(acme, ways=["password"])
    ruled(globex, ways=["socialaccount"])
    client = Client()
    assert sign_in(client, bobs.user).url == "/orgs/other-way/"
    assert "Globex" in client.get("/orgs/other-way/").content.decode()


@pytest.mark.parametrize("lifted", ["not vouched for", "suspended", "closed", "paused", "left"])
def test_rules_govern_members_of_active_organizations_that_the_site_vouches_for(
    acme: Organization, bobs: Membership, by_alice: Actor, lifted: str
) -> None:
    ruled(acme, ways=["socialaccount"])
    match lifted:
        case "not vouched for":
            organizations.vouch(organization=acme, is_trusted=False, by=SHELL)
        case "suspended":
            organizations.suspend(organization=acme, by=SHELL)
        case "closed":
            organizations.close(organization=acme, by=SHELL)
        case "paused":
            members.pause(membership=bobs, by=by_alice)
        case "left":
            members.leave(membership=bobs, by=Actor(bobs.user))
    assert sign_in(Client(), bobs.user).url == "/account/"


def test_what_does_not_govern_the_sign_in_holds_at_its_own_door(acme: Organization, bobs: Membership) -> None:
    organizations.vouch(organization=acme, is_trusted=False, by=SHELL)
    ruled(acme, ways=["socialaccount"])
    client = signed_in(bobs.user)
    answer = client.get("/orgs/acme/")
    assert answer.status_code == 403
    assert "a connected account" in answer.content.decode()
    assert client.get("/account/").status_code == 200


def test_a_session_from_before_the_rules_meets_them_at_the_door(acme: Organization, bobs: Membership) -> None:
    client = signed_in(bobs.user)
    ruled(acme, ways=["socialaccount"])
    assert client.get("/orgs/acme/").status_code == 403


def test_whoever_is_refused_can_still_leave(acme: Organization, bobs: Membership) -> None:
    client = signed_in(bobs.user)
    ruled(acme, ways=["socialaccount"])
    assert client.post("/orgs/acme/leave/").status_code == 302
    assert not Membership.objects.of(acme).filter(user=bobs.user).exists()


def test_nobody_makes_rules_that_lock_themselves_out(acme: Organization, alice: User) -> None:
    with pytest.raises(WouldLockYouOut):
        policy.edit(
            organization=acme,
            by=Actor(alice),
            signed_in_by={"password"},
            **{**NONE, "ways": ["socialaccount"]},
        )
    client = signed_in(alice)
    answer = client.post(
        "/orgs/acme/policy/edit/",
        {"ways": ["socialaccount"], "inviters": "admins", "second_factor_for": "everybody"},
    )
    assert answer.status_code == 200
    assert Policy.objects.of(acme).get().ways == []


@pytest.fixture
def by_ada(ada: User) -> Actor:
    return Actor(ada)


def edited(organization: Organization, by: Actor, **chosen: Any) -> bool:
    return policy.edit(
        organization=organization, by=by, signed_in_by={"password", "socialaccount"}, **{**NONE, **chosen}
    )


def test_nor_an_owner_out(acme: Organization, alice: User, by_ada: Actor) -> None:
    """Who has a password, and no connected account."""
    with pytest.raises(WouldLockOwnersOut) as refused:
        edited(acme, by_ada, ways=["socialaccount"])
    assert "1 owner " in str(refused.value.detail)
    assert Policy.objects.of(acme).get().ways == []


def test_of_several_each_counts(acme: Organization, bob: User, by_ada: Actor) -> None:
    join(acme, bob, BuiltIn.OWNER)
    with pytest.raises(WouldLockOwnersOut) as refused:
        edited(acme, by_ada, ways=["socialaccount"])
    assert "2 owners " in str(refused.value.detail)


def test_nor_one_who_has_no_password(acme: Organization, alice: User, by_ada: Actor) -> None:
    alice.set_unusable_password()
    alice.save()
    with pytest.raises(WouldLockOwnersOut):
        edited(acme, by_ada, ways=["password"])


def test_one_way_that_they_have_is_enough(acme: Organization, alice: User, by_ada: Actor) -> None:
    assert edited(acme, by_ada, ways=["password", "socialaccount"])


def test_owners_who_cannot_act_do_not_count(acme: Organization, bob: User, by_ada: Actor) -> None:
    second = join(acme, bob, BuiltIn.OWNER)
    bob.set_unusable_password()
    bob.save()
    members.pause(membership=second, by=SHELL)
    assert edited(acme, by_ada, ways=["password"])


def test_whoever_is_out_already_stops_no_other_change(acme: Organization, by_ada: Actor) -> None:
    ruled(acme, ways=["socialaccount"])
    assert edited(acme, by_ada, ways=["socialaccount"], domains=["acme.example"])
    assert edited(acme, by_ada, ways=["socialaccount", "passkey"])


def test_the_page_says_so_and_leaves_evidence(acme: Organization, alice: User, ada: User) -> None:
    alice.set_unusable_password()
    alice.save()
    chosen = {"ways": ["password"], "inviters": "admins", "second_factor_for": "everybody"}
    answer = signed_in(ada).post("/orgs/acme/policy/edit/", chosen)
    assert "1 owner could not sign in" in answer.text
    event = Event.objects.of_action(Action.ORGANIZATION_REFUSE).get()
    assert event.data["reason"] == "would_lock_owners_out"


def test_of_every_way_in_it_is_known_who_has_it() -> None:
    assert {name for name, _label in methods.ways_in()} <= ways.known()


# --- Who may invite -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "widened"), [([], False), ([Permission.MEMBERS_INVITE], True)])
def test_nobody_lets_themselves_invite(
    acme: Organization, bobs: Membership, given: list[Permission], widened: bool
) -> None:
    permissions = [Permission.POLICY_MANAGE, *given]
    role = roles.create(organization=acme, name="Rules", permissions=permissions, by=SHELL)
    members.change_role(membership=bobs, role=BuiltIn.MEMBER, own_roles=[role], by=SHELL)
    chosen = {"inviters": "members", "second_factor_for": "everybody"}
    signed_in(bobs.user).post("/orgs/acme/policy/edit/", chosen)
    assert Policy.objects.of(acme).get().inviters == ("members" if widened else "admins")


def test_admins_do_not_take_it_from_the_owners(acme: Organization, by_alice: Actor, by_ada: Actor) -> None:
    edited(acme, by_alice, inviters=Policy.Inviters.OWNERS)
    with pytest.raises(AboveYourself):
        edited(acme, by_ada, inviters=Policy.Inviters.ADMINS)
    assert edited(acme, by_alice, inviters=Policy.Inviters.MEMBERS)
    assert edited(acme, by_ada, inviters=Policy.Inviters.ADMINS)


def test_the_other_way_page_says_nothing_to_whoever_was_not_refused() -> None:
    assert Client().get("/orgs/other-way/").url == "/account/login/"


# --- How long sessions last -----------------------------------------------------------------------------


def row(user: User) -> Session:
    return Session.objects.of(user).get()


def test_the_shortest_of_all_counts(acme: Organization, globex: Organization, bobs: Membership) -> None:
    join(globex, bobs.user)
    ruled(acme, session_idle=timedelta(hours=2), session_absolute=timedelta(hours=3))
    ruled(globex, session_idle=timedelta(hours=1))
    assert limits.of(bobs.user, HttpRequest()) == (timedelta(hours=1), timedelta(hours=3))
    signed_in(bobs.user)
    left = row(bobs.user).expire_date - timezone.now()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


def test_it_does_not_grow_by_use(acme: Organization, bobs: Membership) -> None:
    ruled(acme, session_idle=timedelta(hours=1), session_absolute=timedelta(hours=2))
    client = signed_in(bobs.user)
    began = timezone.now() - timedelta(minutes=110)
    Session.objects.of(bobs.user).update(created_at=began, last_seen_at=timezone.now() - timedelta(minutes=5))
    assert client.get("/account/").status_code == 200
    assert row(bobs.user).expire_date == began + timedelta(hours=2)


def test_new_rules_shorten_sessions_that_are_there(
    acme: Organization, bobs: Membership, charlie: User
) -> None:
    signed_in(bobs.user)
    signed_in(charlie)
    untouched = row(charlie).expire_date
    ruled(acme, session_absolute=timedelta(hours=1))
    assert row(bobs.user).expire_date == row(bobs.user).created_at + timedelta(hours=1)
    assert row(charlie).expire_date == untouched


def test_joining_shortens_them_as_well(acme: Organization, bob: User) -> None:
    signed_in(bob)
    ruled(acme, session_idle=timedelta(minutes=30))
    join(acme, bob)
    assert row(bob).expire_date <= timezone.now() + timedelta(minutes=30)


@pytest.mark.parametrize("again", ["vouched for", "resumed", "member again"])
def test_rules_that_hold_again_shorten_them_too(
    acme: Organization, bobs: Membership, by_alice: Actor, again: str
) -> None:
    undo = {
        "vouched for": lambda: organizations.vouch(organization=acme, is_trusted=True, by=SHELL),
        "resumed": lambda: organizations.resume(organization=acme, by=SHELL),
        "member again": lambda: members.resume(membership=bobs, by=by_alice),
    }
    match again:
        case "vouched for":
            organizations.vouch(organization=acme, is_trusted=False, by=SHELL)
        case "resumed":
            organizations.suspend(organization=acme, by=SHELL)
        case "member again":
            members.pause(membership=bobs, by=by_alice)
    ruled(acme, session_absolute=timedelta(hours=1))
    signed_in(bobs.user)
    assert row(bobs.user).expire_date > timezone.now() + timedelta(days=1)
    undo[again]()
    assert row(bobs.user).expire_date <= timezone.now() + timedelta(hours=1)


def test_looser_rules_do_not_lengthen_what_is_there(acme: Organization, bobs: Membership) -> None:
    ruled(acme, session_absolute=timedelta(hours=1))
    signed_in(bobs.user)
    ends = row(bobs.user).expire_date
    ruled(acme, session_absolute=timedelta(hours=9))
    assert row(bobs.user).expire_date == ends


def test_where_they_do_not_govern_an_old_proof_has_to_be_renewed_at_the_door(
    acme: Organization, bobs: Membership
) -> None:
    organizations.vouch(organization=acme, is_trusted=False, by=SHELL)
    ruled(acme, session_absolute=timedelta(hours=1))
    client = signed_in(bobs.user)
    assert client.get("/orgs/acme/").status_code == 200
    forget_when(client, 3700)
    assert client.get("/orgs/acme/").url == "/account/reauthenticate/?next=%2Forgs%2Facme%2F"


# --- The second step ------------------------------------------------------------------------------------


def test_the_earliest_date_counts(acme: Organization, globex: Organization, bobs: Membership) -> None:
    join(globex, bobs.user)
    early, late = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert rules.second_factor(bobs.user) is None
    ruled(acme, second_factor=True, second_factor_from=late)
    ruled(globex, second_factor=True, second_factor_from=early)
    assert rules.second_factor(bobs.user) == ("Globex", early)


def test_it_may_be_asked_of_owners_and_admins_only(
    acme: Organization, alice: User, ada: User, bobs: Membership, by_alice: Actor
) -> None:
    day = datetime(2026, 12, 1, tzinfo=UTC)
    ruled(acme, second_factor=True, second_factor_for=Policy.Audience.ADMINS, second_factor_from=day)
    assert rules.second_factor(alice) == rules.second_factor(ada) == ("Acme Lamps", day)
    assert rules.second_factor(bobs.user) is None
    team = teams.create(organization=acme, name="Keepers", makes_admin=True, roles=[], by=by_alice)
    teams.add_member(team=team, membership=bobs, by=by_alice)
    assert rules.second_factor(bobs.user) == ("Acme Lamps", day)


# --- The page -------------------------------------------------------------------------------------------


def test_the_page_changes_all_of_it(acme: Organization, alice: User, bob: User) -> None:
    join(acme, bob, BuiltIn.OWNER)
    data = {
        "ways": ["password"],
        "second_factor": "on",
        "second_factor_for": "admins",
        "second_factor_from": "2026-12-24",
        "session_idle_minutes": "30",
        "session_absolute_hours": "10",
        "inviters": "owners",
        "domains": "Example.org\n@example.net",
    }
    assert signed_in(alice).post("/orgs/acme/policy/edit/", data).status_code == 302
    found = Policy.objects.of(acme).get()
    assert found.ways == ["password"]
    assert found.second_factor_for == "admins"
    assert found.second_factor_from == datetime(2026, 12, 24, tzinfo=UTC)
    assert (found.session_idle, found.session_absolute) == (timedelta(minutes=30), timedelta(hours=10))
    assert found.domains == ["example.net", "example.org"]
    assert mails(message="organization_policy_changed").get().recipient == bob.email
    assert Event.objects.of_action(Action.POLICY_CHANGE).count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"ways": ["carrier pigeon"]},
        {"session_idle_minutes": "1"},
        {"session_absolute_hours": "-1"},
        {"session_absolute_hours": "9" * 30},
        {"inviters": "everybody"},
        {"second_factor_for": "nobody"},
        {"domains": "not a domain!"},
        {"domains": "localhost"},
        {"second_factor": "on", "second_factor_from": "tomorrow"},
    ],
)
def test_rules_that_make_no_sense_are_refused_whole(
    acme: Organization, alice: User, wrong: dict[str, Any]
) -> None:
    answer = signed_in(alice).post(
        "/orgs/acme/policy/edit/", {"inviters": "admins", "second_factor_for": "everybody", **wrong}
    )
    assert answer.status_code == 200
    assert policy._content(Policy.objects.of(acme).get()) == policy._content(Policy(**NONE))


def test_waiting_does_not_move_the_date(acme: Organization, alice: User) -> None:
    client = signed_in(alice)
    data = {
        "second_factor": "on",
        "second_factor_for": "everybody",
        "second_factor_from": "2026-12-24",
        "inviters": "admins",
    }
    client.post("/orgs/acme/policy/edit/", data)
    before = Policy.objects.of(acme).get().second_factor_from
    client.post("/orgs/acme/policy/edit/", {**data, "domains": "example.org"})
    assert Policy.objects.of(acme).get().second_factor_from == before
