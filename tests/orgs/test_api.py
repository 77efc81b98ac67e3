"""Organizations for programs: the same rules as on the pages, and what a credential was given on top."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.api.scopes import Scope
from accounts.models import User
from orgs.actor import SHELL, Actor
from orgs.flows import invitations, members, roles, teams
from orgs.models import Invitation, Membership, Organization, Policy
from orgs.permissions import BuiltIn, Permission
from tests.api import Program, code_in, let_pass
from tests.conftest import PASSWORD, give_app
from tests.orgs.conftest import join, person
from tests.orgs.programs import by_key, by_service, by_sign_in
from tests.orgs.test_invitations import token
from tokens.flows import services
from tokens.models import ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(acme: Organization, alice: User) -> Program:
    return by_sign_in(alice)


def wrong(answer: Any) -> set[str]:
    """The fields that a refusal names."""
    assert (answer.status_code, code_in(answer)) == (422, "invalid")
    return {error["field"] for error in answer.json()["errors"]}


def ways(acme: Organization, **rules: Any) -> None:
    Policy.objects.of(acme).update(**rules)


# --- Making, describing, closing ------------------------------------------------------------------


def test_who_may_make_organizations(bob: User, settings: Any) -> None:
    program, new = by_sign_in(bob), {"name": "Bobs", "slug": "bobs"}
    assert code_in(program.post("orgs", new)) == "forbidden"
    settings.ORGANIZATIONS_BY = "anyone"
    answer = program.post("orgs", new)
    assert (answer.status_code, answer.json()["role"]) == (201, "owner")
    assert not Organization.objects.get().is_trusted
    assert [row["slug"] for row in program.get("orgs").json()] == ["bobs"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "invitations"),
        ("slug", "Big"),
        ("slug", "acme"),
        ("slug", "a/b"),
        ("slug", 5),
        ("name", "www.example.net"),
        ("name", ""),
        ("name", None),
        ("name", ["a"]),
        ("owner", "mallory"),
    ],
)
def test_a_name_that_misleads_or_is_taken_is_refused(
    owner: Program, settings: Any, field: str, value: Any
) -> None:
    settings.ORGANIZATIONS_BY = "anyone"
    assert wrong(owner.post("orgs", {"name": "Fine", "slug": "fine", field: value})) == {field}
    assert Organization.objects.count() == 1


def test_a_new_organization_is_one_of_ten_a_day(owner: Program, settings: Any) -> None:
    settings.ORGANIZATIONS_BY = "anyone"
    answers = [owner.post("orgs", {"name": "One", "slug": f"one-{number}"}) for number in range(11)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429]


def test_what_is_left_out_stays(owner: Program, acme: Organization) -> None:
    assert owner.patch("orgs/acme", {"accent": "#1a5f4a"}).status_code == 200
    answer = owner.patch("orgs/acme", {"website": "https://acme.example"}).json()
    assert (answer["name"], answer["accent"]) == ("Acme Lamps", "#1a5f4a")
    assert wrong(owner.patch("orgs/acme", {"accent": "#ffffff", "website": "javascript:1"})) == {
        "accent",
        "website",
    }
    assert wrong(owner.patch("orgs/acme", {"slug": "other"})) == {"slug"}


@pytest.mark.parametrize(
    "accent",
    ["#fff", "red", "red;}", "#12345", "#\u0661\u0662\u0663\u0664\u0665\u0666", "#+1+1+1"],
)
def test_what_is_no_colour_is_refused(owner: Program, accent: str) -> None:
    assert wrong(owner.patch("orgs/acme", {"accent": accent})) == {"accent"}


def test_a_colour_may_be_written_in_capitals(owner: Program) -> None:
    assert owner.patch("orgs/acme", {"accent": "#1A5F4A"}).json()["accent"] == "#1a5f4a"


def test_what_one_may_is_said_as_the_credential_has_it(acme: Organization, alice: User) -> None:
    assert len(by_sign_in(alice).get("orgs/acme").json()["permissions"]) == len(Permission)
    limited = by_sign_in(alice, scope="organization.view members.view")
    assert limited.get("orgs/acme").json()["permissions"] == ["members.view", "organization.view"]
    of_service = by_service(acme, Scope.ORGANIZATION_VIEW).get("orgs/acme").json()
    assert (of_service["role"], of_service["permissions"]) == (None, ["organization.view"])


def test_a_closed_one_is_out_of_sight(owner: Program) -> None:
    assert owner.delete("orgs/acme").status_code == 204
    assert owner.get("orgs").json() == []
    assert owner.get("orgs/acme").status_code == 404


def test_what_matters_asks_once_more_who_it_is(owner: Program, acme: Organization, alice: User) -> None:
    bobs = join(acme, person("bobo"))
    let_pass(alice, 3700)
    calls = [
        ("delete", "orgs/acme"),
        ("patch", f"orgs/acme/members/{bobs.user.public_id}"),
        ("delete", f"orgs/acme/members/{bobs.user.public_id}"),
        ("post", "orgs/acme/roles"),
        ("patch", "orgs/acme/policy"),
        ("post", "orgs/acme/service-accounts"),
    ]
    for method, path in calls:
        answer = getattr(owner, method)(path)
        assert (answer.status_code, code_in(answer)) == (401, "reauthentication_required"), path
    assert owner.post(f"orgs/acme/members/{bobs.user.public_id}/pause").status_code == 200


def test_so_does_whatever_makes_more_than_a_member_of_somebody(
    owner: Program, acme: Organization, alice: User
) -> None:
    """Otherwise a token that was found would make an owner of whoever found it."""
    bobs = join(acme, person("bobo"))
    brings = teams.create(organization=acme, name="Admins", makes_admin=True, roles=[], by=SHELL)
    plain = teams.create(organization=acme, name="Field", makes_admin=False, roles=[], by=SHELL)
    stranger = {"email": "thief@example.net"}
    sent = invitations.invite(organization=acme, **stranger, role=BuiltIn.OWNER, by=SHELL)
    let_pass(alice, 3700)
    into = f"members/{bobs.user.public_id}"
    gifts = [
        ("post", "invitations", {**stranger, "role": "admin"}),
        ("post", "invitations", {**stranger, "role": "owner", "for_anybody": True}),
        ("post", "invitations", {**stranger, "role": "member", "team": brings.pk}),
        ("post", f"invitations/{sent.public_id}/resend", None),
        ("post", "teams", {"name": "Own", "makes_admin": True}),
        ("patch", f"teams/{plain.pk}", {"makes_admin": True}),
        ("put", f"teams/{brings.pk}/{into}", None),
    ]
    for method, path, data in gifts:
        answer = getattr(owner, method)(f"orgs/acme/{path}", data)
        assert code_in(answer) == "reauthentication_required", path
    assert owner.post("orgs/acme/invitations", {**stranger, "role": "member"}).status_code == 201
    assert owner.put(f"orgs/acme/teams/{plain.pk}/{into}").status_code == 204
    assert owner.post("reauthenticate", {"method": "password", "password": PASSWORD}).status_code == 204
    assert owner.put(f"orgs/acme/teams/{brings.pk}/{into}").status_code == 204


# --- Members --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"limit": "101"}, 422),
        ({"limit": "0"}, 422),
        ({"role": "emperor"}, 422),
        ({"team": "x"}, 422),
        ({"team": "9" * 30}, 422),
        ({"unknown": "1"}, 422),
        ({"after": "\0"}, 400),
        ({"q": "%"}, 200),
    ],
)
def test_no_query_breaks_the_list(owner: Program, query: dict[str, str], status: int) -> None:
    assert owner.get("orgs/acme/members", **query).status_code == status


def test_roles_are_changed_together_or_one_by_one(
    owner: Program, acme: Organization, bobs: Membership
) -> None:
    viewer = roles.create(organization=acme, name="Viewer", permissions=["activity.view"], by=SHELL)
    path = f"orgs/acme/members/{bobs.user.public_id}"
    answer = owner.patch(path, {"own_roles": [viewer.pk]}).json()
    assert (answer["role"], answer["own_roles"]) == ("member", [{"id": viewer.pk, "name": "Viewer"}])
    answer = owner.patch(path, {"role": "admin"}).json()
    assert (answer["role"], [row["name"] for row in answer["own_roles"]]) == ("admin", ["Viewer"])
    assert owner.patch(path, {"own_roles": []}).json()["own_roles"] == []


def test_nobody_gives_what_they_may_not_do_themselves(
    acme: Organization, ada: User, bobs: Membership, alice: User
) -> None:
    closer = roles.create(organization=acme, name="Closer", permissions=["organization.close"], by=SHELL)
    admin, path = by_sign_in(ada), f"orgs/acme/members/{bobs.user.public_id}"
    for asked in ({"role": "owner"}, {"own_roles": [closer.pk]}):
        assert code_in(admin.patch(path, asked)) == "above_yourself"
    assert code_in(admin.delete(f"orgs/acme/members/{alice.public_id}")) == "above_yourself"
    assert code_in(admin.post("orgs/acme/roles", {"name": "C", "permissions": ["organization.close"]})) == (
        "above_yourself"
    )
    assert code_in(admin.post("orgs/acme/teams", {"name": "C", "roles": [closer.pk]})) == "above_yourself"
    invited = {"email": "x@example.org", "role": "owner"}
    assert code_in(admin.post("orgs/acme/invitations", invited)) == "above_yourself"


def test_the_last_owner_stays(owner: Program, alice: User) -> None:
    path = f"orgs/acme/members/{alice.public_id}"
    assert code_in(owner.patch(path, {"role": "admin"})) == "last_owner"
    assert code_in(owner.delete(path)) == "last_owner"
    assert code_in(owner.post(f"{path}/pause")) == "last_owner"


def test_a_paused_member_is_out_until_resumed(owner: Program, bobs: Membership) -> None:
    program, path = by_sign_in(bobs.user), f"orgs/acme/members/{bobs.user.public_id}"
    assert owner.post(f"{path}/pause").json()["paused"] is True
    assert code_in(program.get("orgs/acme")) == "membership_paused"
    assert program.get("orgs").json()[0]["paused"] is True
    assert owner.post(f"{path}/resume").json()["paused"] is False
    assert program.get("orgs/acme").status_code == 200


def test_removed_is_an_outsider_with_the_token_in_hand(owner: Program, bobs: Membership) -> None:
    program = by_sign_in(bobs.user)
    assert owner.delete(f"orgs/acme/members/{bobs.user.public_id}").status_code == 204
    assert program.get("orgs/acme").status_code == 404


# --- What a credential was given ------------------------------------------------------------------


def test_a_key_that_may_invite_gives_nothing_that_it_lacks(acme: Organization, alice: User) -> None:
    """Otherwise whoever finds it asks themselves in as an owner."""
    bare = by_key(alice, Scope.MEMBERS_INVITE)
    able = by_key(alice, Scope.MEMBERS_INVITE, Scope.ORGANIZATION_VIEW, Scope.MEMBERS_VIEW)
    new = {"email": "new@example.org"}
    assert code_in(bare.post("orgs/acme/invitations", new)) == "above_yourself"
    for role in ("owner", "admin"):
        assert code_in(able.post("orgs/acme/invitations", {**new, "role": role})) == "above_yourself"
    assert able.post("orgs/acme/invitations", new).status_code == 201


def test_nor_does_a_sign_in_that_asked_for_little(acme: Organization, alice: User, bobs: Membership) -> None:
    program = by_sign_in(alice, scope="members.manage")
    path = f"orgs/acme/members/{bobs.user.public_id}"
    assert code_in(program.patch(path, {"role": "owner"})) == "above_yourself"
    # Whom the person stands over is not about the program.
    assert program.post(f"{path}/pause").status_code == 200


def test_a_key_is_worth_what_its_owner_still_may(acme: Organization, ada: User, by_alice: Actor) -> None:
    key = by_key(ada, Scope.ACTIVITY_VIEW)
    assert key.get("orgs/acme/activity").status_code == 200
    row = Membership.objects.of(acme).select_related("organization").get(user=ada)
    members.change_role(membership=row, role=BuiltIn.MEMBER, own_roles=[], by=by_alice)
    assert code_in(key.get("orgs/acme/activity")) == "organization_permission_missing"


def test_a_service_account_stands_over_members_and_not_over_admins(
    acme: Organization, ada: User, bobs: Membership
) -> None:
    program = by_service(acme)
    assert code_in(program.delete(f"orgs/acme/members/{ada.public_id}")) == "above_yourself"
    assert code_in(program.patch(f"orgs/acme/members/{bobs.user.public_id}", {"role": "admin"})) == (
        "above_yourself"
    )
    assert program.delete(f"orgs/acme/members/{bobs.user.public_id}").status_code == 204


def test_where_only_owners_invite_no_service_account_does(acme: Organization) -> None:
    ways(acme, inviters=Policy.Inviters.OWNERS)
    answer = by_service(acme).post("orgs/acme/invitations", {"email": "new@example.org"})
    assert code_in(answer) == "organization_permission_missing"


# --- Rules about signing in -----------------------------------------------------------------------


def test_who_signed_in_another_way_is_told_which_one(owner: Program, acme: Organization) -> None:
    ways(acme, ways=["passkey"])
    assert code_in(owner.get("orgs/acme")) == "organization_sign_in"
    assert owner.get("orgs").status_code == 200


def test_a_key_cannot_show_by_what_way_its_owner_came(acme: Organization, alice: User) -> None:
    key, service = by_key(alice, Scope.ORGANIZATION_VIEW), by_service(acme)
    ways(acme, ways=["password"])
    assert code_in(key.get("orgs/acme")) == "organization_sign_in"
    assert service.get("orgs/acme").status_code == 200


def test_an_old_sign_in_proves_itself_anew_and_an_old_key_is_none(acme: Organization, alice: User) -> None:
    program, key = by_sign_in(alice), by_key(alice, Scope.ORGANIZATION_VIEW)
    ways(acme, session_absolute=timedelta(hours=1))
    assert (program.get("orgs/acme").status_code, key.get("orgs/acme").status_code) == (200, 200)
    let_pass(alice, 3700)
    ApiKey.objects.update(created_at=timezone.now() - timedelta(seconds=3700))
    assert code_in(program.get("orgs/acme")) == "reauthentication_required"
    assert code_in(key.get("orgs/acme")) == "credential_not_allowed"


def test_a_required_second_step_is_asked_of_programs_as_well(acme: Organization, alice: User) -> None:
    ways(acme, second_factor=True, second_factor_from=timezone.now() - timedelta(days=1))
    for program in (by_sign_in(alice), by_key(alice, Scope.ORGANIZATION_VIEW)):
        answer = program.get("orgs/acme")
        assert (answer.status_code, code_in(answer)) == (403, "second_factor_required")


def test_rules_that_are_not_sent_stay(acme: Organization, alice: User) -> None:
    give_app(alice)
    owner = by_sign_in(alice)
    sent = {"session_idle_minutes": 30, "domains": ["Example.org", "acme.example"], "second_factor": True}
    first = owner.patch("orgs/acme/policy", sent).json()
    assert first["domains"] == ["acme.example", "example.org"]
    assert first["second_factor_from"] is not None
    second = owner.patch("orgs/acme/policy", {"inviters": "members"}).json()
    assert second == {**first, "inviters": "members"}
    assert owner.get("orgs/acme/policy").json() == second
    assert owner.patch("orgs/acme/policy", {"second_factor": False}).json()["second_factor_from"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ways", ["guess"]),
        ("domains", ["not a domain"]),
        ("session_idle_minutes", 4),
        ("session_idle_minutes", "30"),
        ("second_factor", "true"),
        ("second_factor_from", "tomorrow"),
        ("inviters", "everybody"),
    ],
)
def test_a_rule_that_is_none_is_refused(owner: Program, field: str, value: Any) -> None:
    assert wrong(owner.patch("orgs/acme/policy", {field: value})) == {field}


def test_nobody_locks_themselves_out(owner: Program) -> None:
    assert code_in(owner.patch("orgs/acme/policy", {"ways": ["passkey"]})) == "would_lock_you_out"
    assert owner.patch("orgs/acme/policy", {"ways": ["password"]}).status_code == 200


# --- Roles and teams ------------------------------------------------------------------------------


def test_a_role_from_its_making_to_its_end(owner: Program, acme: Organization) -> None:
    made = owner.post("orgs/acme/roles", {"name": "Viewer", "permissions": ["activity.view"] * 2}).json()
    assert made["permissions"] == ["activity.view"]
    path = f"orgs/acme/roles/{made['id']}"
    assert owner.patch(path, {"permissions": ["members.view"]}).json() == {
        "id": made["id"],
        "name": "Viewer",
        "permissions": ["members.view"],
    }
    again = owner.post("orgs/acme/roles", {"name": "viewer", "permissions": ["members.view"]})
    assert code_in(again) == "name_taken"
    listed = owner.get("orgs/acme/roles").json()
    assert [row["name"] for row in listed["own"]] == ["Viewer"]
    assert [row["name"] for row in listed["built_in"]] == ["owner", "admin", "member"]
    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == 404


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": "Admin", "permissions": ["members.view"]}, "name"),
        ({"name": "X", "permissions": ["everything"]}, "permissions"),
        ({"name": "X", "permissions": []}, "permissions"),
        ({"name": "X", "permissions": "members.view"}, "permissions"),
        ({"name": "X"}, "permissions"),
    ],
)
def test_a_role_that_is_none_is_refused(owner: Program, data: Any, field: str) -> None:
    assert wrong(owner.post("orgs/acme/roles", data)) == {field}


def test_a_team_from_its_making_to_its_end(owner: Program, acme: Organization, bobs: Membership) -> None:
    viewer = roles.create(organization=acme, name="Viewer", permissions=["activity.view"], by=SHELL)
    made = owner.post("orgs/acme/teams", {"name": "Field", "roles": [viewer.pk]}).json()
    path, bob = f"orgs/acme/teams/{made['id']}", bobs.user.public_id
    assert owner.put(f"{path}/members/{bob}").status_code == 204
    assert owner.put(f"{path}/members/{bob}").status_code == 204
    answer = owner.patch(path, {"makes_admin": True}).json()
    assert (answer["roles"], answer["size"]) == ([{"id": viewer.pk, "name": "Viewer"}], 1)
    assert "services.manage" in owner.get(f"orgs/acme/members/{bob}").json()["permissions"]
    assert owner.delete(f"{path}/members/{bob}").status_code == 204
    assert owner.delete(f"{path}/members/{bob}").status_code == 404
    assert code_in(owner.post("orgs/acme/teams", {"name": "FIELD"})) == "name_taken"
    assert owner.delete(path).status_code == 204
    assert owner.get("orgs/acme/teams").json() == []


@pytest.mark.parametrize("number", ["0", "9" * 25])
def test_a_number_that_no_row_has_is_nowhere(owner: Program, number: str) -> None:
    assert owner.get(f"orgs/acme/teams/{number}").status_code == 404
    assert owner.get(f"orgs/acme/roles/{number}").status_code == 404


# --- Invitations ----------------------------------------------------------------------------------


def test_an_invitation_from_its_mail_to_the_membership(owner: Program, acme: Organization) -> None:
    sent = owner.post("orgs/acme/invitations", {"email": "Dora@Example.org"}).json()
    assert (sent["email"], sent["state"], sent["team"]) == ("dora@example.org", "open", None)
    dora = by_sign_in(person("dora"))
    assert [row["id"] for row in dora.get("orgs/invitations").json()] == [sent["id"]]
    answer = dora.post("orgs/invitations/accept", {"token": token()})
    assert (answer.status_code, answer.json()["slug"], answer.json()["role"]) == (200, "acme", "member")
    assert owner.get("orgs/acme/invitations").json()["invitations"][0]["state"] == "used"
    again = dora.post("orgs/invitations/accept", {"token": token()})
    assert (again.status_code, code_in(again)) == (409, "invitation_over")


def test_it_is_accepted_without_the_mail_by_whom_it_waits_for(owner: Program, bob: User) -> None:
    sent = owner.post("orgs/acme/invitations", {"email": "dora@example.org"}).json()
    dora = by_sign_in(person("dora"))
    assert code_in(by_sign_in(bob).post("orgs/invitations/accept", {"id": sent["id"]})) == "invitation_over"
    assert dora.post("orgs/invitations/accept", {"id": sent["id"]}).status_code == 200


def test_it_is_for_the_invited_mailbox(owner: Program, bob: User) -> None:
    owner.post("orgs/acme/invitations", {"email": "dora@example.org"})
    assert code_in(by_sign_in(bob).post("orgs/invitations/accept", {"token": token()})) == "not_invited"


@pytest.mark.parametrize("end", ["withdrawn", "suspended"])
def test_one_that_ended_opens_nothing(owner: Program, acme: Organization, end: str) -> None:
    sent = owner.post("orgs/acme/invitations", {"email": "dora@example.org"}).json()
    if end == "withdrawn":
        assert owner.delete(f"orgs/acme/invitations/{sent['id']}").status_code == 204
        assert code_in(owner.delete(f"orgs/acme/invitations/{sent['id']}")) == "invitation_over"
    else:
        Organization.objects.update(status="suspended")
    answer = by_sign_in(person("dora")).post("orgs/invitations/accept", {"token": token()})
    assert code_in(answer) == "invitation_over"


@pytest.mark.parametrize("sent", [{}, {"token": "a", "id": "6f1c9f0e-8a3b-4c52-9b7d-2f4f6f0d1a11"}])
def test_token_or_id_and_not_both(owner: Program, sent: dict[str, str]) -> None:
    assert wrong(owner.post("orgs/invitations/accept", sent)) == {"token"}


def test_sent_again_the_former_link_ends(owner: Program) -> None:
    sent = owner.post("orgs/acme/invitations", {"email": "dora@example.org"}).json()
    former, dora = token(), by_sign_in(person("dora"))
    assert owner.post(f"orgs/acme/invitations/{sent['id']}/resend").status_code == 200
    assert code_in(dora.post("orgs/invitations/accept", {"token": former})) == "invitation_over"
    assert dora.post("orgs/invitations/accept", {"token": token()}).status_code == 200


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@example.org", "role": "emperor"}, "role"),
        ({"email": "a@example.org", "team": 1}, "team"),
        ({"email": "a@example.org", "for_anybody": "yes"}, "for_anybody"),
    ],
)
def test_an_invitation_that_is_none_is_refused(owner: Program, data: Any, field: str) -> None:
    assert wrong(owner.post("orgs/acme/invitations", data)) == {field}


def test_a_service_account_invites_in_nobodys_name(acme: Organization) -> None:
    program = by_service(acme)
    assert program.post("orgs/acme/invitations", {"email": "dora@example.org"}).json()["invited_by"] == ""
    assert Invitation.objects.of(acme).get().invited_by is None
    dora = by_sign_in(person("dora"))
    assert dora.post("orgs/invitations/accept", {"token": token()}).status_code == 200


def test_each_service_account_is_counted_by_itself(
    acme: Organization, globex: Organization, settings: Any
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "organization-mail.account": "1/1h"}
    ours, theirs = by_service(acme), by_service(globex)
    assert ours.post("orgs/acme/invitations", {"email": "a@example.org"}).status_code == 201
    assert ours.post("orgs/acme/invitations", {"email": "b@example.org"}).status_code == 429
    assert theirs.post("orgs/globex/invitations", {"email": "c@example.org"}).status_code == 201


# --- Activity -------------------------------------------------------------------------------------


def test_what_happened_names_who_did_it(owner: Program, acme: Organization, bobs: Membership) -> None:
    program = by_service(acme, name="Other")
    program.post(f"orgs/acme/members/{bobs.user.public_id}/pause")
    newest = owner.get("orgs/acme/activity").json()["entries"][0]
    assert newest["action"] == "organization:member:pause"
    assert (newest["actor"], newest["person"]) == ("the service account Other", "Bob Brown")
    made = services.of(acme).get(name="Other")
    services.delete(service=made, by=SHELL)
    actors = [entry["actor"] for entry in owner.get("orgs/acme/activity").json()["entries"]]
    assert "a service account that is gone" in actors


def test_the_log_goes_on_where_a_page_ends(owner: Program, acme: Organization) -> None:
    for number in range(51):
        roles.create(organization=acme, name=f"Role {number}", permissions=["members.view"], by=SHELL)
    first = owner.get("orgs/acme/activity").json()
    assert len(first["entries"]) == 50
    rest = owner.get("orgs/acme/activity", before=str(first["next"])).json()
    assert {row["id"] for row in first["entries"]}.isdisjoint(row["id"] for row in rest["entries"])
    assert rest["next"] is None
    assert wrong(owner.get("orgs/acme/activity", before="x")) == {"before"}
