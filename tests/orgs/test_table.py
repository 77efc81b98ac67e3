"""Page and action × who asks × state of the organization: all of it, and the outsider sees nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html

from accounts.models import User
from audit.actions import Action, Outcome
from audit.models import Event
from orgs.actor import SHELL, Actor
from orgs.flows import invitations, members, roles, teams
from orgs.models import Membership, Organization
from orgs.permissions import BuiltIn, Permission
from orgs.urls import organization_urlpatterns
from tests.conftest import be, each, forget_when, taken_back
from tests.orgs.conftest import join, person, signed_in

EVERYBODY = {"member", "admin", "owner"}
ADMINS = {"admin", "owner"}
OWNERS = {"owner"}
INSIDERS = ("member", "admin", "owner")
OUTSIDERS = ("outsider", "staff")


@dataclass(frozen=True)
class Row:
    """One page or action, and which members may."""

    name: str
    may: set[str]
    data: dict[str, Any] | None = None
    args: tuple[str, ...] = ()
    done: int = 302

    @property
    def is_post(self) -> bool:
        return self.data is not None

    def __str__(self) -> str:
        return f"{'POST' if self.is_post else 'GET'} {self.name}"


def get(name: str, may: set[str], *args: str, done: int = 200) -> Row:
    return Row(name, may, None, args, done)


def post(name: str, may: set[str], /, *args: str, **data: Any) -> Row:
    return Row(name, may, data, args)


TABLE = [
    get("overview", EVERYBODY),
    get("brand", EVERYBODY),
    get("settings", ADMINS),
    post("settings", ADMINS, name="Acme", website="", support_email="", accent="#1a5f4a"),
    get("close", OWNERS),
    post("close", OWNERS, slug="acme"),
    get("members", EVERYBODY),
    get("member", EVERYBODY, "person"),
    post("change-roles", ADMINS, "person", role="admin"),
    post("pause-member", ADMINS, "person"),
    post("resume-member", ADMINS, "person"),
    post("remove-member", ADMINS, "person"),
    get("invitations", ADMINS),
    post("invite", ADMINS, email="new@example.org", role="member"),
    post("resend-invitation", ADMINS, "invitation"),
    post("withdraw-invitation", ADMINS, "invitation"),
    get("roles", EVERYBODY),
    get("new-role", ADMINS),
    post("new-role", ADMINS, name="Fresh", permissions=["members.view", "members.invite"]),
    get("edit-role", ADMINS, "role"),
    post("edit-role", ADMINS, "role", name="Other", permissions=["members.view"]),
    post("delete-role", ADMINS, "role"),
    get("teams", EVERYBODY),
    get("new-team", ADMINS),
    post("new-team", ADMINS, name="Fresh"),
    get("team", EVERYBODY, "team"),
    get("edit-team", ADMINS, "team"),
    post("edit-team", ADMINS, "team", name="Other"),
    post("delete-team", ADMINS, "team"),
    post("add-to-team", ADMINS, "team", email="mona@example.org"),
    post("remove-from-team", ADMINS, "team", "person"),
    get("policy", EVERYBODY),
    post("edit-policy", ADMINS, inviters="owners", second_factor_for="everybody"),
    get("activity", ADMINS),
]


@dataclass
class World:
    organization: Organization
    person: Membership
    ids: dict[str, Any] = field(default_factory=dict)

    def path(self, row: Row, slug: str = "") -> str:
        return reverse(
            f"orgs:{row.name}", args=[slug or self.organization.slug, *(self.ids[a] for a in row.args)]
        )


def world(organization: Organization, name: str) -> World:
    """Something of everything that an organization can have."""
    organization.accent = "#1a5f4a"
    organization.save()
    membership = join(organization, person(name))
    role = roles.create(
        organization=organization, name="Viewer", permissions=[Permission.ACTIVITY_VIEW], by=SHELL
    )
    team = teams.create(organization=organization, name="Field", makes_admin=False, roles=[], by=SHELL)
    teams.add_member(team=team, membership=membership, by=SHELL)
    invitation = invitations.invite(
        organization=organization, email=f"i.{name}@example.net", role=BuiltIn.MEMBER, by=SHELL
    )
    ids = {
        "person": membership.user.public_id,
        "role": role.pk,
        "team": team.pk,
        "invitation": invitation.public_id,
    }
    return World(organization, membership, ids)


@pytest.fixture
def acmes(acme: Organization) -> World:
    return world(acme, "mona")


@pytest.fixture
def cast(acme: Organization, alice: User, ada: User, bobs: Membership, charlie: User, admin: User) -> Any:
    """Signed-in browsers by who they are."""
    paused = join(acme, person("paula"))
    members.pause(membership=paused, by=SHELL)
    people = {
        "outsider": charlie,
        "staff": admin,
        "paused": paused.user,
        "member": bobs.user,
        "admin": ada,
        "owner": alice,
    }
    browsers = {name: Client() for name in people}
    for name, user in people.items():
        be(browsers[name], user)
    return {"anonymous": Client(), **browsers}


def ask(client: Client, row: Row, path: str) -> Any:
    """What is answered; whatever it changed is taken back."""
    with taken_back():
        return client.post(path, row.data) if row.is_post else client.get(path)


def found(cast: dict[str, Client], row: Row, path: str) -> dict[str, int]:
    return {who: ask(client, row, path).status_code for who, client in cast.items()}


@pytest.mark.django_db
def test_the_table(acmes: World, cast: dict[str, Client]) -> None:
    for row in each(TABLE, *cast.values()):
        path = acmes.path(row)
        expected = {"anonymous": 302, "outsider": 404, "staff": 404, "paused": 403}
        for who in INSIDERS:
            expected[who] = row.done if who in row.may else 403
        assert found(cast, row, path) == expected, row
        Organization.objects.update(status="suspended")
        expected.update(dict.fromkeys(INSIDERS, 403))
        assert found(cast, row, path) == expected, row
        Organization.objects.update(status="closed")
        assert found(cast, row, path) == dict.fromkeys(cast, 404) | {"anonymous": 302}, row


@pytest.mark.django_db
def test_the_outsider_sees_the_same_as_where_there_is_nothing(acmes: World, charlie: User) -> None:
    client = signed_in(charlie)
    for row in each(TABLE, client):
        answers = [ask(client, row, path) for path in (acmes.path(row), acmes.path(row, slug="nothing-here"))]
        texts = [answer.content.decode().replace(answer.headers["X-Request-Id"], "") for answer in answers]
        assert texts[0] == texts[1], row


@pytest.mark.django_db
def test_an_object_of_another_organization_is_nowhere(
    acme: Organization, globex: Organization, alice: User
) -> None:
    """Asked for by the owner of Acme, and by way of Acme."""
    own, theirs = world(acme, "mona"), world(globex, "greg")
    client = signed_in(alice)
    for row in each([row for row in TABLE if row.args], client):
        assert ask(client, row, own.path(row)).status_code == row.done, row
        for foreign in row.args:
            mixed = World(acme, own.person, {**own.ids, foreign: theirs.ids[foreign]})
            assert ask(client, row, mixed.path(row)).status_code == 404, (row, foreign)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "field", "foreign"),
    [
        ("change-roles", "own_roles", "role"),
        ("new-team", "roles", "role"),
        ("edit-team", "roles", "role"),
        ("invite", "team", "team"),
    ],
)
def test_nor_can_it_be_named_in_a_form(
    acme: Organization, globex: Organization, alice: User, name: str, field: str, foreign: str
) -> None:
    own, theirs = world(acme, "mona"), world(globex, "greg")
    row = next(row for row in TABLE if row.name == name and row.is_post)
    before = Event.objects.of_organization(acme.public_id).count()
    signed_in(alice).post(own.path(row), {**(row.data or {}), field: theirs.ids[foreign]})
    changes = Event.objects.of_organization(acme.public_id).count() - before
    assert changes == 0


@pytest.mark.django_db
def test_a_refused_action_leaves_evidence_and_a_look_does_not(acmes: World, bobs: Membership) -> None:
    client = signed_in(bobs.user)
    client.get(acmes.path(get("settings", ADMINS)))
    client.post(acmes.path(post("pause-member", ADMINS, "person")))
    event = Event.objects.of_action(Action.ORGANIZATION_REFUSE).get()
    assert (event.outcome, event.actor) == (Outcome.REFUSED, bobs.user.public_id)
    assert event.data == {"reason": "organization_permission_missing", "page": "orgs:pause-member"}


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["active", "suspended", "closed"])
def test_leaving_is_open_to_members_whatever_the_state(
    acme: Organization, bobs: Membership, status: str
) -> None:
    client = signed_in(bobs.user)
    Organization.objects.update(status=status)
    assert client.post("/orgs/acme/leave/").status_code == (404 if status == "closed" else 302)
    assert Membership.objects.of(acme).filter(user=bobs.user).exists() is (status == "closed")


@pytest.mark.django_db
def test_a_paused_member_may_leave_and_an_outsider_finds_nothing_to_leave(
    acme: Organization, bobs: Membership, charlie: User
) -> None:
    members.pause(membership=bobs, by=SHELL)
    assert signed_in(bobs.user).post("/orgs/acme/leave/").status_code == 302
    assert signed_in(charlie).post("/orgs/acme/leave/").status_code == 404


def test_the_table_names_every_address() -> None:
    assert {row.name for row in TABLE} | {"leave"} == {pattern.name for pattern in organization_urlpatterns}


@pytest.mark.django_db
def test_access_taken_away_ends_with_the_next_request(acme: Organization, bobs: Membership) -> None:
    client = signed_in(bobs.user)
    assert client.get("/orgs/acme/").status_code == 200
    members.remove(membership=bobs, by=SHELL)
    assert client.get("/orgs/acme/").status_code == 404
    assert client.get("/account/").status_code == 200


@pytest.mark.django_db
def test_who_may_make_organizations(client: Client, bob: User, settings: Any) -> None:
    as_bob = signed_in(bob)
    new = {"name": "Bobs", "slug": "bobs"}
    assert as_bob.get("/orgs/new/").status_code == 403
    assert as_bob.post("/orgs/new/", new).status_code == 403
    settings.ORGANIZATIONS_BY = "anyone"
    assert as_bob.post("/orgs/new/", new).url == "/orgs/bobs/"
    made = Organization.objects.get()
    assert not made.is_trusted
    assert [row.user for row in Membership.objects.owners(made)] == [bob]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "new"},
        {"slug": "Big"},
        {"slug": "-a"},
        {"slug": "a/b"},
        {"slug": "acme"},
        {"slug": "ａｃｍｅ"},
        {"name": "Your bank: https://example.net/x"},
        {"name": "www.example.net"},
        {"name": "<b>Acme</b>"},
        {"name": ""},
        {"name": "a" * 61},
    ],
)
def test_a_name_that_misleads_or_is_taken_is_refused(
    acme: Organization, alice: User, settings: Any, wrong: dict[str, str]
) -> None:
    settings.ORGANIZATIONS_BY = "anyone"
    answer = signed_in(alice).post("/orgs/new/", {"name": "Fine", "slug": "fine", **wrong})
    assert answer.status_code == 200
    assert Organization.objects.count() == 1


@pytest.mark.django_db
def test_closing_takes_the_short_name(acme: Organization, alice: User) -> None:
    client = signed_in(alice)
    assert client.post("/orgs/acme/close/", {"slug": "other"}).status_code == 200
    assert Organization.objects.get().is_active
    assert client.post("/orgs/acme/close/", {"slug": "acme"}).url == "/orgs/"
    assert client.get("/orgs/acme/").status_code == 404


@pytest.mark.django_db
def test_what_matters_asks_once_more_who_it_is(acmes: World, alice: User) -> None:
    client = signed_in(alice)
    forget_when(client, 3700)
    for name in (
        "close",
        "change-roles",
        "remove-member",
        "new-role",
        "edit-role",
        "delete-role",
        "edit-policy",
    ):
        row = next(row for row in TABLE if row.name == name and row.is_post)
        assert ask(client, row, acmes.path(row)).url.startswith("/account/reauthenticate/"), name
    for gift in (
        post("invite", ADMINS, email="new@example.org", role="admin"),
        post("new-team", ADMINS, name="Fresh", makes_admin="on"),
        post("edit-team", ADMINS, "team", name="Field", makes_admin="on"),
    ):
        assert ask(client, gift, acmes.path(gift)).url.startswith("/account/reauthenticate/"), gift


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["invitations", "activity"])
def test_a_page_number_that_is_none_is_refused(acme: Organization, alice: User, page: str) -> None:
    client = signed_in(alice)
    assert client.get(f"/orgs/acme/{page}/?before=9").status_code == 200
    for wrong in ("x", "-1", "٣", "9" * 40):
        assert client.get(f"/orgs/acme/{page}/?before={wrong}").status_code == 400


@pytest.mark.django_db
def test_forms_offer_only_what_one_may_give(acme: Organization, acmes: World, ada: User) -> None:
    roles.create(organization=acme, name="Closer", permissions=[Permission.ORGANIZATION_CLOSE], by=SHELL)
    client = signed_in(ada)
    member = client.get(acmes.path(get("member", EVERYBODY, "person"))).content.decode()
    assert 'value="admin"' in member
    assert 'value="owner"' not in member
    assert "Viewer" in member
    assert "Closer" not in member
    assert "organization.close" not in client.get("/orgs/acme/roles/new/").content.decode()
    assert "Closer" not in client.get("/orgs/acme/teams/new/").content.decode()


@pytest.mark.django_db
def test_what_is_refused_leads_back_to_whom_it_was_about(
    acme: Organization, acmes: World, alice: User
) -> None:
    client = signed_in(alice)
    own = f"/orgs/acme/members/{alice.public_id}/"
    answer = client.post(own + "pause/", follow=True)
    assert answer.redirect_chain == [(own, 302)]
    assert "last owner" in answer.content.decode()


@pytest.mark.django_db
def test_the_actor_of_a_flow_is_checked_once_more(acmes: World, bobs: Membership) -> None:
    """Also where no page stands in between."""
    with pytest.raises(Exception, match="organization_permission_missing"):
        members.pause(membership=acmes.person, by=Actor(bobs.user))


def choices(page: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The forms of a page that let somebody choose several, filled in with everything that they offer."""
    for form in html.fromstring(page.content).forms:
        for box in form.xpath(".//input[@type='checkbox' and not(@disabled)]"):
            box.checked = True
        filled: dict[str, Any] = {}
        for name, value in form.form_values():
            filled.setdefault(name, []).append(value or "Anything")
        if any(len(values) > 1 for values in filled.values()):
            yield form.action, filled


@pytest.mark.django_db
def test_where_several_can_be_chosen_they_can_be_sent(acme: Organization, acmes: World, alice: User) -> None:
    for name in ("Second", "Third"):
        roles.create(organization=acme, name=name, permissions=[Permission.MEMBERS_VIEW], by=SHELL)
    client, seen = signed_in(alice), set()
    for row in each([row for row in TABLE if not row.is_post], client):
        for action, filled in choices(ask(client, row, acmes.path(row))):
            seen.add(row.name)
            assert client.post(action, filled).status_code in (200, 302), (row, filled)
    assert seen == {"member", "new-role", "edit-role", "new-team", "edit-team", "policy"}
