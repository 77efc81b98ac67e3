"""What the pages of organizations show, and to whom."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.models import OutboxMessage
from orgs.actor import SHELL, Actor
from orgs.flows import invitations, members, organizations, policy, roles, teams
from orgs.models import Invitation, Membership, Organization, Policy, Role, Team
from orgs.permissions import BuiltIn, Permission
from orgs.stages import REFUSED_BY
from tests.conftest import PASSWORD
from tests.orgs.conftest import person, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(acme: Organization, alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def member(bobs: Membership, bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def recruiter(acme: Organization, by_alice: Actor) -> Role:
    return roles.create(
        organization=acme, name="Recruiter", permissions=[Permission.MEMBERS_INVITE], by=by_alice
    )


@pytest.fixture
def lamps(acme: Organization, recruiter: Role, bobs: Membership, by_alice: Actor) -> Team:
    team = teams.create(organization=acme, name="Lamps", makes_admin=False, roles=[recruiter], by=by_alice)
    teams.add_member(team=team, membership=bobs, by=by_alice)
    return team


@pytest.fixture(autouse=True)
def open_site(settings: Any) -> None:
    settings.REGISTRATION = "open"


def page(client: Client, name: str, *args: Any, status: int = 200) -> str:
    answer = client.get(reverse(f"orgs:{name}", args=args))
    assert answer.status_code == status, answer.content
    text: str = answer.text
    return text


def invitation(acme: Organization, by: Actor, **more: Any) -> tuple[Invitation, str]:
    """With the address that is in the mail alone."""
    wanted: dict[str, Any] = {"email": "new@example.org", "role": BuiltIn.MEMBER, **more}
    row = invitations.invite(organization=acme, by=by, **wanted)
    mail = OutboxMessage.objects.filter(message="organization_invitation").latest("pk")
    found = re.search(r"/orgs/invitations/\S+", mail.text)
    assert found
    return row, found[0]


ORGANIZATION_PAGES = ["overview", "members", "teams", "roles", "policy"]
OF_MANAGERS = ["settings", "close", "invitations", "new-role", "new-team", "activity"]


@pytest.mark.parametrize("name", ORGANIZATION_PAGES + OF_MANAGERS)
def test_an_owner_sees_it_with_the_whole_menu(owner: Client, name: str) -> None:
    text = page(owner, name, "acme")
    assert text.count("<h1") == 1
    assert reverse("orgs:settings", args=["acme"]) in text
    assert text.count(' aria-current="') == 2 + text.count("<span aria-current")


@pytest.mark.parametrize("name", ORGANIZATION_PAGES)
def test_a_member_sees_it_without_what_is_for_others(member: Client, name: str) -> None:
    text = page(member, name, "acme")
    assert "Acme Lamps" in text
    assert reverse("orgs:settings", args=["acme"]) not in text
    assert reverse("orgs:invitations", args=["acme"]) not in text


@pytest.mark.parametrize("name", OF_MANAGERS)
def test_a_member_is_told_that_it_is_for_others(member: Client, name: str) -> None:
    assert "Your role does not include this" in page(member, name, "acme", status=403)


def test_the_switcher_lists_ones_own_organizations(
    owner: Client, acme: Organization, globex: Organization, alice: User
) -> None:
    members.add(organization=globex, user=alice, role=BuiltIn.MEMBER, by=SHELL)
    text = page(owner, "overview", "acme")
    assert f'<a href="{reverse("orgs:overview", args=["globex"])}">Globex</a>' in text
    assert f'<a href="{reverse("orgs:overview", args=["acme"])}" aria-current="true">' in text


def test_only_an_organization_with_a_colour_has_a_style_sheet(owner: Client, acme: Organization) -> None:
    address = reverse("orgs:brand", args=["acme"])
    assert address not in page(owner, "overview", "acme")
    Organization.objects.update(accent="#1a7f5a")
    assert f'<link rel="stylesheet" href="{address}">' in page(owner, "overview", "acme")


# --- One's own list --------------------------------------------------------------------------------


def test_the_list_says_when_there_is_none(alice: User) -> None:
    assert "You belong to none." in page(signed_in(alice), "index")


def test_the_list_offers_to_leave_each(member: Client) -> None:
    text = page(member, "index")
    assert 'aria-label="Leave Acme Lamps"' in text
    assert reverse("orgs:leave", args=["acme"]) in text


def test_the_list_says_where_somebody_is_paused(bobs: Membership, member: Client, by_alice: Actor) -> None:
    members.pause(membership=bobs, by=by_alice)
    text = page(member, "index")
    assert "paused" in text
    assert f'"{reverse("orgs:overview", args=["acme"])}"' not in text
    assert 'aria-label="Leave Acme Lamps"' in text


def test_the_list_says_what_is_suspended(member: Client, acme: Organization) -> None:
    organizations.suspend(organization=acme, by=SHELL)
    assert "Closed to everybody at the moment." in page(member, "index")


def test_who_may_create_one_finds_the_way(alice: User, settings: Any) -> None:
    client = signed_in(alice)
    assert reverse("orgs:new") not in page(client, "index")
    settings.ORGANIZATIONS_BY = "anyone"
    assert reverse("orgs:new") in page(client, "index")
    assert "You become its owner." in page(client, "new")


# --- Members ---------------------------------------------------------------------------------------


def test_members_are_listed_with_roles_teams_and_pauses(
    owner: Client, lamps: Team, recruiter: Role, bobs: Membership, by_alice: Actor
) -> None:
    members.change_role(membership=bobs, role=BuiltIn.MEMBER, own_roles=[recruiter], by=by_alice)
    members.pause(membership=bobs, by=by_alice)
    text = page(owner, "members", "acme")
    for words in ("2 people", "bob@example.org", "Recruiter", "in the team Lamps", "paused"):
        assert words in text


def test_a_list_that_the_filter_leaves_empty_leads_back(owner: Client) -> None:
    answer = owner.get(reverse("orgs:members", args=["acme"]), {"q": "nobody of this name"})
    assert "Nobody here is like that." in answer.text


def test_a_filter_keeps_to_itself_that_nothing_in_it_is_required(owner: Client) -> None:
    assert "(optional)" not in page(owner, "members", "acme")


def test_an_owner_may_change_a_member_and_a_member_may_not(
    owner: Client, member: Client, bob: User, alice: User
) -> None:
    text = page(owner, "member", "acme", bob.public_id)
    for name in ("change-roles", "pause-member", "remove-member"):
        assert reverse(f"orgs:{name}", args=["acme", bob.public_id]) in text
    text = page(member, "member", "acme", alice.public_id)
    assert "What they may do here" in text
    for name in ("change-roles", "pause-member", "remove-member"):
        assert reverse(f"orgs:{name}", args=["acme", alice.public_id]) not in text


def test_a_page_about_a_member_says_why_they_may(member: Client, lamps: Team, bob: User) -> None:
    text = page(member, "member", "acme", bob.public_id)
    assert "as Recruiter, by the team Lamps" in text


def test_ones_own_page_offers_to_leave(owner: Client, alice: User) -> None:
    text = page(owner, "member", "acme", alice.public_id)
    assert 'aria-label="Leave Acme Lamps"' in text
    assert reverse("orgs:remove-member", args=["acme", alice.public_id]) not in text
    assert reverse("orgs:pause-member", args=["acme", alice.public_id]) not in text


def test_who_is_above_cannot_be_changed(ada: User, alice: User) -> None:
    text = page(signed_in(ada), "member", "acme", alice.public_id)
    assert "This person may do more than you" in text
    assert reverse("orgs:remove-member", args=["acme", alice.public_id]) not in text


def test_a_paused_member_can_be_let_in_again(
    owner: Client, bobs: Membership, bob: User, by_alice: Actor
) -> None:
    members.pause(membership=bobs, by=by_alice)
    text = page(owner, "member", "acme", bob.public_id)
    assert reverse("orgs:resume-member", args=["acme", bob.public_id]) in text
    assert reverse("orgs:pause-member", args=["acme", bob.public_id]) not in text


# --- Roles and teams -------------------------------------------------------------------------------


def test_the_matrix_says_yes_and_no_in_words(owner: Client, recruiter: Role) -> None:
    text = page(owner, "roles", "acme")
    rows = text.count('<th scope="row">')
    assert rows == len(Permission)
    assert text.count("<td>") == rows * 4
    assert 'aria-label="Edit the role Recruiter"' in text


def test_only_who_may_change_roles_finds_the_way(member: Client, recruiter: Role) -> None:
    text = page(member, "roles", "acme")
    assert "Recruiter" in text
    assert reverse("orgs:edit-role", args=["acme", recruiter.pk]) not in text


def test_a_role_shows_what_is_in_it_as_a_list_of_boxes(owner: Client, recruiter: Role) -> None:
    text = page(owner, "edit-role", "acme", recruiter.pk)
    assert "<legend>May</legend>" in text
    assert text.count('type="checkbox"') == len(Permission)
    assert text.count(" checked") == 1
    assert 'aria-label="Delete the role Recruiter"' in text


def test_a_team_shows_its_people_and_roles(owner: Client, member: Client, lamps: Team, bob: User) -> None:
    remove = reverse("orgs:remove-from-team", args=["acme", lamps.pk, bob.public_id])
    for client in (owner, member):
        text = page(client, "team", "acme", lamps.pk)
        assert "Bob Brown" in text
        assert "Recruiter" in text
        assert (remove in text) == (client is owner)
    assert "1 person" in page(member, "teams", "acme")
    assert 'aria-label="Delete the team Lamps"' in page(owner, "edit-team", "acme", lamps.pk)


def test_after_a_mistake_the_choice_of_language_leads_back_to_the_page(owner: Client, lamps: Team) -> None:
    answer = owner.post(reverse("orgs:add-to-team", args=["acme", lamps.pk]), {"email": "x@example.org"})
    assert "No member has this address." in answer.text
    assert f'name="next" value="{reverse("orgs:team", args=["acme", lamps.pk])}"' in answer.text


# --- Rules, settings and what happened -------------------------------------------------------------


def rules_of(acme: Organization, **rules: Any) -> None:
    Policy.objects.of(acme).update(**rules)


def test_members_read_the_rules_in_plain_words(member: Client, acme: Organization) -> None:
    rules_of(
        acme,
        ways=["password"],
        second_factor=True,
        second_factor_from=datetime(2031, 5, 6, tzinfo=UTC),
        session_idle=timedelta(minutes=90),
        session_absolute=timedelta(days=2),
        inviters=Policy.Inviters.OWNERS,
        domains=["example.org"],
    )
    text = page(member, "policy", "acme")
    assert reverse("orgs:edit-policy", args=["acme"]) not in text
    for words in (
        "Only with: password.",
        "May 6, 2031",
        "90 minutes",
        "2 days",
        "owners only",
        "example.org",
    ):
        assert words in text


def test_the_rules_of_an_organization_that_nobody_vouches_for_end_at_its_pages(
    owner: Client, member: Client, acme: Organization
) -> None:
    where = "on the pages of Acme Lamps only"
    assert where not in page(owner, "policy", "acme")
    assert where not in page(member, "policy", "acme")
    Organization.objects.update(is_trusted=False)
    assert where in page(owner, "policy", "acme")
    assert where in page(member, "policy", "acme")


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_date_is_filled_in_as_browsers_take_it(owner: Client, acme: Organization, language: str) -> None:
    rules_of(acme, second_factor=True, second_factor_from=datetime(2031, 5, 6, tzinfo=UTC))
    address = reverse("orgs:policy", args=["acme"])
    answer = owner.get(address, headers={"accept-language": language})
    assert 'value="2031-05-06"' in answer.text


def test_what_happened_is_told_in_words(owner: Client, acme: Organization, by_alice: Actor) -> None:
    chosen = dict.fromkeys(("second_factor_from", "session_absolute"))
    policy.edit(
        organization=acme,
        by=by_alice,
        signed_in_by={"password"},
        ways=["password"],
        second_factor=False,
        second_factor_for=Policy.Audience.EVERYBODY,
        session_idle=timedelta(hours=8),
        inviters=Policy.Inviters.MEMBERS,
        domains=[],
        **chosen,
    )
    text = page(owner, "activity", "acme")
    assert "by Alice Arden" in text
    assert "Ways to sign in: <del>nothing</del>" in text
    assert "<ins>password</ins>" in text
    assert "<ins>every member</ins>" in text
    assert "<ins>8 hours</ins>" in text


def test_only_owners_find_the_way_to_the_end(owner: Client, ada: User) -> None:
    address = reverse("orgs:close", args=["acme"])
    assert address in page(owner, "settings", "acme")
    assert address not in page(signed_in(ada), "settings", "acme")


def test_a_wrong_short_name_closes_nothing(owner: Client) -> None:
    answer = owner.post(reverse("orgs:close", args=["acme"]), {"slug": "acne"})
    assert "Nothing was closed." in answer.text
    assert 'aria-describedby="id_slug_error"' in answer.text


# --- Invitations -----------------------------------------------------------------------------------


def test_invitations_are_listed_with_their_state(owner: Client, acme: Organization, by_alice: Actor) -> None:
    invitation(acme, by_alice, email="one@example.org")
    row, _address = invitation(acme, by_alice, email="two@example.org")
    invitations.withdraw(invitation=row, by=by_alice)
    text = page(owner, "invitations", "acme")
    assert 'aria-label="Withdraw the invitation to one@example.org"' in text
    assert 'aria-label="Withdraw the invitation to two@example.org"' not in text
    assert "withdrawn" in text


def test_somebody_new_reads_what_joining_means_and_chooses_a_password(
    client: Client, acme: Organization, by_alice: Actor
) -> None:
    rules_of(acme, session_idle=timedelta(hours=8))
    _row, address = invitation(acme, by_alice)
    text = client.get(address).text
    for words in ("Join Acme Lamps", "Alice Arden has invited", "new@example.org", "8 hours", "new_password"):
        assert words in text
    answer: Any = client.post(address, {"name": "New", "new_password": PASSWORD})
    assert answer.url == reverse("orgs:overview", args=["acme"])


def test_who_is_signed_in_joins_with_one_press(acme: Organization, by_alice: Actor) -> None:
    _row, address = invitation(acme, by_alice, email="nora@example.org")
    client = signed_in(person("nora"))
    text = client.get(address).text
    assert "You join as nora@example.org." in text
    assert f'action="{address}"' in text
    answer: Any = client.post(address)
    assert answer.url == reverse("orgs:overview", args=["acme"])


def test_the_wrong_account_is_told_whose_it_is_and_signs_out_to_come_back(
    acme: Organization, by_alice: Actor, charlie: User
) -> None:
    _row, address = invitation(acme, by_alice)
    client = signed_in(charlie)
    text = client.get(address).text
    assert "You are signed in as charlie@example.org" in text
    assert f'name="next" value="{address}"' in text
    answer: Any = client.post(reverse("account_logout"), {"next": address})
    assert answer.url == address


def test_who_has_an_account_is_led_to_sign_in(
    client: Client, acme: Organization, by_alice: Actor, charlie: User
) -> None:
    _row, address = invitation(acme, by_alice, email=charlie.email)
    text = client.get(address).text
    assert "There is an account with this address." in text
    assert f"{reverse('account_login')}?next=" in text
    assert "new_password" not in text


def test_a_closed_site_says_whom_to_ask(
    client: Client, acme: Organization, by_alice: Actor, settings: Any
) -> None:
    settings.REGISTRATION = "closed"
    _row, address = invitation(acme, by_alice)
    text = client.get(address).text
    assert "ask the people who run it" in text
    assert "new_password" not in text


def test_a_rule_that_keeps_somebody_out_is_told_as_such(
    client: Client, acme: Organization, by_alice: Actor
) -> None:
    _row, address = invitation(acme, by_alice)
    rules_of(acme, domains=["example.net"])
    answer = client.post(address, {"name": "New", "new_password": PASSWORD})
    assert answer.status_code == 409
    assert "certain domains only" in answer.text


def ends() -> Iterator[tuple[dict[str, Any], str]]:
    now = timezone.now()
    yield {"used_at": now}, "It was used already."
    yield {"withdrawn_at": now}, "It was withdrawn"
    yield {"expires_at": now}, "It is older than three days."


@pytest.mark.parametrize(("end", "words"), list(ends()))
def test_an_invitation_that_is_over_says_how(
    client: Client, acme: Organization, by_alice: Actor, end: dict[str, Any], words: str
) -> None:
    row, address = invitation(acme, by_alice)
    Invitation.objects.of(acme).filter(pk=row.pk).update(**end)
    answer = client.get(address)
    assert answer.status_code == 410
    assert words in answer.text


def test_an_invitation_to_what_is_suspended_says_so(
    client: Client, acme: Organization, by_alice: Actor
) -> None:
    _row, address = invitation(acme, by_alice)
    organizations.suspend(organization=acme, by=SHELL)
    assert "not open at the moment" in client.get(address).text


def test_a_link_that_was_never_ours_says_so(client: Client) -> None:
    assert "one of ours" in page(client, "accept-invitation", "x" * 43, status=410)


# --- Another way -----------------------------------------------------------------------------------


def test_who_came_the_wrong_way_reads_which_one_is_asked_for(
    client: Client, acme: Organization, bobs: Membership
) -> None:
    rules_of(acme, ways=["password"])
    session = client.session
    session[REFUSED_BY] = [acme.pk]
    session.save()
    text = page(client, "other-way", status=403)
    assert "Acme Lamps asks for: password." in text
    assert "ask an owner or admin" in text


def test_what_former_members_are_called_now_is_not_shown(
    owner: Client, acme: Organization, ada: User, bobs: Membership
) -> None:
    invitations.invite(organization=acme, email="dora@example.org", role="member", by=Actor(ada))
    members.pause(membership=bobs, by=Actor(ada))
    members.remove(membership=bobs, by=SHELL)
    members.leave(membership=Membership.objects.of(acme).get(user=ada), by=Actor(ada))
    User.objects.exclude(pk=owner.session["_auth_user_id"]).update(name="Private Name")
    for name in ("activity", "invitations"):
        text = page(owner, name, "acme")
        assert "Private Name" not in text
        assert "bob@example.org" not in text
        assert "somebody who is not a member" in text


def test_members_are_called_by_name_there(owner: Client, acme: Organization, ada: User) -> None:
    invitations.invite(organization=acme, email="dora@example.org", role="member", by=Actor(ada))
    assert "by Ada" in page(owner, "activity", "acme")
    assert "by Ada" in page(owner, "invitations", "acme")


def test_an_address_of_a_website_is_typed_as_people_do(owner: Client, acme: Organization) -> None:
    assert 'type="url"' not in page(owner, "settings", "acme")
    fields = {"name": "Acme", "website": "example.org", "support_email": "", "accent": "#1A7F5A"}
    assert owner.post("/orgs/acme/settings/", fields).status_code == 302
    acme.refresh_from_db()
    assert (acme.website, acme.accent) == ("https://example.org", "#1a7f5a")


def test_a_day_for_the_second_step_that_nobody_requires_is_questioned(
    owner: Client, acme: Organization
) -> None:
    rules = {"inviters": "admins", "second_factor_for": "everybody", "second_factor_from": "2099-01-01"}
    assert "nothing is required from that day" in owner.post("/orgs/acme/policy/edit/", rules).text
    Policy.objects.of(acme).update(second_factor=True, second_factor_from=datetime(2099, 1, 1, tzinfo=UTC))
    assert owner.post("/orgs/acme/policy/edit/", rules).status_code == 302
    assert not Policy.objects.of(acme).get().second_factor


def test_whoever_is_a_member_already_is_said_beside_the_field(owner: Client, bobs: Membership) -> None:
    text = owner.post("/orgs/acme/invitations/send/", {"email": "bob@example.org", "role": "member"}).text
    assert 'value="bob@example.org"' in text
    assert 'id="id_email_error"' in text
