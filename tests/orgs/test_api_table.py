"""Operation × who asks × state of the organization: all of it, and the outsider sees nothing."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.api.scopes import OF_KIND, OF_SERVICES, Credential, Scope
from accounts.models import User
from audit.actions import Action, ActorKind
from audit.models import Event
from orgs.actor import SHELL
from orgs.api.urls import organization_urlpatterns, urlpatterns
from orgs.flows import members
from orgs.models import Membership, Organization
from orgs.permissions import Permission
from sso.api.urls import organization_urlpatterns as sso_urlpatterns
from tests.api import API, Program, code_in
from tests.architecture.test_urls import operations
from tests.conftest import each
from tests.orgs.conftest import join, person
from tests.orgs.programs import by_key, by_service, by_sign_in, service_of
from tests.orgs.test_table import ADMINS, EVERYBODY, OWNERS, World, world
from tokens.api.urls import organization_urlpatterns as service_urlpatterns
from tokens.flows import services

MEMBERS = ("member", "admin", "owner")
OTHERS = ("outsider", "staff")
# Operations that no permission opens, each with a test of its own below.
BY_THEMSELVES = {
    "GET orgs-api:index",
    "POST orgs-api:index",
    "GET orgs-api:waiting",
    "POST orgs-api:accept-invitation",
    "POST orgs-api:leave",
    # Whose organization it is about is the caller's own: tests/orgs/decisions.
    "POST orgs-api:authorize",
}
SIGN_IN_OF_THEIR_OWN = {f"sso-api:{pattern.name}" for pattern in sso_urlpatterns}


@dataclass(frozen=True)
class Row:
    """One operation, which members may, and by which scope."""

    method: str
    name: str
    scope: Scope
    may: set[str]
    done: int
    args: tuple[str, ...] = ()
    data: Any = None

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.name}"

    def is_open_to(self, kind: Credential) -> bool:
        return self.scope in OF_KIND[kind]


VIEW, ROLES = Scope.ORGANIZATION_VIEW, Scope.ROLES_MANAGE
TEAMS, SERVICES = Scope.TEAMS_MANAGE, Scope.SERVICES_MANAGE
MANAGE, INVITE = Scope.MEMBERS_MANAGE, Scope.MEMBERS_INVITE
TABLE = [
    Row("get", "orgs-api:organization", VIEW, EVERYBODY, 200),
    Row("patch", "orgs-api:organization", Scope.ORGANIZATION_UPDATE, ADMINS, 200, data={"name": "Lamps"}),
    Row("delete", "orgs-api:organization", Scope.ORGANIZATION_CLOSE, OWNERS, 204),
    Row("get", "orgs-api:members", Scope.MEMBERS_VIEW, EVERYBODY, 200),
    Row("get", "orgs-api:member", Scope.MEMBERS_VIEW, EVERYBODY, 200, ("person",)),
    Row("patch", "orgs-api:member", MANAGE, ADMINS, 200, ("person",), {"role": "member", "own_roles": []}),
    Row("delete", "orgs-api:member", MANAGE, ADMINS, 204, ("person",)),
    Row("post", "orgs-api:pause-member", MANAGE, ADMINS, 200, ("person",)),
    Row("post", "orgs-api:resume-member", MANAGE, ADMINS, 200, ("person",)),
    Row("get", "orgs-api:roles", VIEW, EVERYBODY, 200),
    Row("post", "orgs-api:roles", ROLES, ADMINS, 201, data={"name": "New", "permissions": ["members.view"]}),
    Row("get", "orgs-api:role", VIEW, EVERYBODY, 200, ("role",)),
    Row("patch", "orgs-api:role", ROLES, ADMINS, 200, ("role",), {"name": "Other"}),
    Row("delete", "orgs-api:role", ROLES, ADMINS, 204, ("role",)),
    Row("get", "orgs-api:teams", VIEW, EVERYBODY, 200),
    Row("post", "orgs-api:teams", TEAMS, ADMINS, 201, data={"name": "New"}),
    Row("get", "orgs-api:team", VIEW, EVERYBODY, 200, ("team",)),
    Row("patch", "orgs-api:team", TEAMS, ADMINS, 200, ("team",), {"name": "Other"}),
    Row("delete", "orgs-api:team", TEAMS, ADMINS, 204, ("team",)),
    Row("put", "orgs-api:team-member", TEAMS, ADMINS, 204, ("team", "person")),
    Row("delete", "orgs-api:team-member", TEAMS, ADMINS, 204, ("team", "person")),
    Row("get", "orgs-api:invitations", INVITE, ADMINS, 200),
    Row("post", "orgs-api:invitations", INVITE, ADMINS, 201, data={"email": "new@example.org"}),
    Row("delete", "orgs-api:invitation", INVITE, ADMINS, 204, ("invitation",)),
    Row("post", "orgs-api:resend-invitation", INVITE, ADMINS, 200, ("invitation",)),
    Row("get", "orgs-api:policy", VIEW, EVERYBODY, 200),
    Row("patch", "orgs-api:policy", Scope.POLICY_MANAGE, ADMINS, 200, data={"inviters": "owners"}),
    Row("get", "orgs-api:activity", Scope.ACTIVITY_VIEW, ADMINS, 200),
    Row("get", "sso-api:own-sign-in", Scope.SSO_MANAGE, ADMINS, 200),
    Row("get", "tokens-api:services", SERVICES, ADMINS, 200),
    Row("post", "tokens-api:services", SERVICES, ADMINS, 201, data={"name": "New", "scopes": []}),
    Row("get", "tokens-api:service", SERVICES, ADMINS, 200, ("service",)),
    Row("patch", "tokens-api:service", SERVICES, ADMINS, 200, ("service",), {"name": "Other"}),
    Row("delete", "tokens-api:service", SERVICES, ADMINS, 204, ("service",)),
    Row("post", "tokens-api:disable-service", SERVICES, ADMINS, 200, ("service",)),
    Row("post", "tokens-api:enable-service", SERVICES, ADMINS, 200, ("service",)),
    Row("get", "tokens-api:credentials", SERVICES, ADMINS, 200, ("service",)),
    Row("post", "tokens-api:credentials", SERVICES, ADMINS, 201, ("service",), {"kind": "secret"}),
    Row("delete", "tokens-api:credential", SERVICES, ADMINS, 204, ("service", "credential")),
]
# What may be done to a paused member, as far as it is not about that.
CHANGES = [row for row in TABLE if row.method != "get"]


def full_world(organization: Organization, name: str) -> World:
    made = world(organization, name)
    service, _secret = service_of(organization, Scope.MEMBERS_VIEW, name="Nightly")
    credential = services.credentials_of(service).get()
    made.ids.update(service=service.public_id, credential=credential.public_id)
    return made


def path(place: World, row: Row, slug: str = "") -> str:
    args = [slug or place.organization.slug, *(place.ids[name] for name in row.args)]
    return reverse(row.name, args=args).removeprefix(API)


def ask(program: Program, row: Row, address: str) -> Any:
    """What is answered; whatever it changed is taken back."""
    point = transaction.savepoint()
    try:
        return (
            program.get(address) if row.method == "get" else getattr(program, row.method)(address, row.data)
        )
    finally:
        transaction.savepoint_rollback(point)


@pytest.fixture
def acmes(acme: Organization) -> World:
    return full_world(acme, "mona")


@pytest.fixture
def cast(
    acme: Organization,
    globex: Organization,
    alice: User,
    ada: User,
    bobs: Membership,
    charlie: User,
    admin: User,
) -> dict[str, Program]:
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
    return {
        "anonymous": Program(),
        **{name: by_sign_in(user) for name, user in people.items()},
        "service": by_service(acme),
        "service without": by_service(acme, Scope.TOKENS_INTROSPECT, name="Without"),
        "service elsewhere": by_service(globex),
        "key": by_key(alice, *OF_KIND[Credential.KEY]),
        "key without": by_key(alice, Scope.PROFILE_READ),
    }


def expected(row: Row) -> dict[str, int]:
    of_services, of_keys = row.is_open_to(Credential.SERVICE), row.is_open_to(Credential.KEY)
    return {
        "anonymous": 401,
        **dict.fromkeys(OTHERS, 404),
        "paused": 403,
        **{who: row.done if who in row.may else 403 for who in MEMBERS},
        "service": row.done if of_services else 403,
        "service without": 403,
        "service elsewhere": 404 if of_services else 403,
        "key": row.done if of_keys else 403,
        "key without": 403,
    }


def found(cast: dict[str, Program], row: Row, address: str) -> dict[str, int]:
    return {who: ask(program, row, address).status_code for who, program in cast.items()}


@pytest.mark.django_db
def test_the_table(acme: Organization, acmes: World, cast: dict[str, Program]) -> None:
    for row in each(TABLE):
        address, active = path(acmes, row), expected(row)
        assert found(cast, row, address) == active, row
        # A service account is out with its organization, before anybody asks for what.
        gone = {"service": 401, "service without": 401}
        Organization.objects.filter(pk=acme.pk).update(status="suspended")
        assert found(cast, row, address) == active | dict.fromkeys((*MEMBERS, "key"), 403) | gone, row
        Organization.objects.filter(pk=acme.pk).update(status="closed")
        key = 404 if row.is_open_to(Credential.KEY) else 403
        nowhere = dict.fromkeys((*MEMBERS, "paused"), 404)
        assert found(cast, row, address) == active | nowhere | {"key": key} | gone, row


@pytest.mark.django_db
def test_the_outsider_sees_the_same_as_where_there_is_nothing(acmes: World, charlie: User) -> None:
    program = by_sign_in(charlie)
    for row in each(TABLE):
        there, nowhere = (ask(program, row, path(acmes, row, slug)) for slug in ("", "nothing-here"))
        bodies = [{**answer.json(), "reference": ""} for answer in (there, nowhere)]
        assert bodies[0] == bodies[1], row


@pytest.mark.django_db
def test_an_object_of_another_organization_is_nowhere(
    acme: Organization, globex: Organization, alice: User
) -> None:
    """Asked for by the owner of Acme, and by way of Acme."""
    own, theirs = full_world(acme, "mona"), full_world(globex, "greg")
    program = by_sign_in(alice)
    for row in each([row for row in TABLE if row.args]):
        assert ask(program, row, path(own, row)).status_code == row.done, row
        for foreign in row.args:
            mixed = World(acme, own.person, {**own.ids, foreign: theirs.ids[foreign]})
            assert ask(program, row, path(mixed, row)).status_code == 404, (row, foreign)


@pytest.mark.django_db
def test_what_a_sign_in_was_not_given_it_does_not_do(acmes: World, alice: User) -> None:
    for row in each(CHANGES):
        others = " ".join(OF_KIND[Credential.SIGN_IN] - {row.scope})
        answer = ask(by_sign_in(alice, scope=others), row, path(acmes, row))
        assert (answer.status_code, code_in(answer)) == (403, "scope_missing"), row
        assert row.scope in answer["WWW-Authenticate"], row


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "field", "foreign"),
    [
        ("PATCH orgs-api:member", "own_roles", "role"),
        ("POST orgs-api:teams", "roles", "role"),
        ("PATCH orgs-api:team", "roles", "role"),
        ("POST orgs-api:invitations", "team", "team"),
    ],
)
def test_nor_can_it_be_named_in_a_body(
    acme: Organization, globex: Organization, alice: User, name: str, field: str, foreign: str
) -> None:
    own, theirs = full_world(acme, "mona"), full_world(globex, "greg")
    row = next(row for row in TABLE if str(row) == name)
    value = theirs.ids[foreign] if field == "team" else [theirs.ids[foreign]]
    answer = getattr(by_sign_in(alice), row.method)(path(own, row), {**row.data, field: value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.django_db
def test_a_refused_change_leaves_evidence_and_a_look_does_not(
    acme: Organization, acmes: World, bobs: Membership
) -> None:
    row = next(row for row in TABLE if row.name == "orgs-api:pause-member")
    look = next(row for row in TABLE if row.name == "orgs-api:activity")
    program = by_sign_in(bobs.user)
    for asked in (look, row):
        answer = getattr(program, asked.method)(path(acmes, asked))
        assert code_in(answer) == "organization_permission_missing"
    event = Event.objects.of_action(Action.ORGANIZATION_REFUSE).get()
    assert (event.actor, event.organization) == (bobs.user.public_id, acme.public_id)
    assert event.data == {"reason": "organization_permission_missing", "page": "orgs-api:pause-member"}


@pytest.mark.django_db
def test_that_of_a_service_account_names_it_as_one(acme: Organization, alice: User) -> None:
    program = by_service(acme, Scope.MEMBERS_MANAGE)
    assert code_in(program.post(f"orgs/acme/members/{alice.public_id}/pause")) == "above_yourself"
    event = Event.objects.of_action(Action.ORGANIZATION_REFUSE).get()
    assert (event.actor_kind, event.organization) == (ActorKind.SERVICE, acme.public_id)


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["active", "suspended", "closed"])
def test_leaving_is_open_to_members_whatever_the_state(
    acme: Organization, bobs: Membership, charlie: User, status: str
) -> None:
    Organization.objects.filter(pk=acme.pk).update(status=status)
    assert by_sign_in(charlie).post("orgs/acme/leave").status_code == 404
    assert by_sign_in(bobs.user).post("orgs/acme/leave").status_code == (404 if status == "closed" else 204)
    assert Membership.objects.of(acme).filter(user=bobs.user).exists() is (status == "closed")


@pytest.mark.django_db
def test_a_paused_member_may_leave_and_the_last_owner_may_not(
    acme: Organization, bobs: Membership, alice: User
) -> None:
    members.pause(membership=bobs, by=SHELL)
    assert by_sign_in(bobs.user).post("orgs/acme/leave").status_code == 204
    assert code_in(by_sign_in(alice).post("orgs/acme/leave")) == "last_owner"


def test_the_table_names_every_address_and_operation() -> None:
    ours = {name for name, _declared in operations() if name.partition(" ")[2].startswith("orgs-api:")}
    ours |= {
        name
        for name, _declared in operations()
        if name.partition(" ")[2] in {f"tokens-api:{pattern.name}" for pattern in service_urlpatterns}
    }
    ours |= {name for name, _declared in operations() if name.partition(" ")[2] in SIGN_IN_OF_THEIR_OWN}
    assert {str(row) for row in TABLE} | BY_THEMSELVES == ours
    assert len(organization_urlpatterns) + len(urlpatterns) - 1 == len(
        {name.partition(" ")[2] for name in ours if "orgs-api" in name}
    )


def test_a_scope_about_organizations_is_a_permission_by_the_same_name() -> None:
    named = {scope.value: str(scope.label) for scope in Scope}
    assert {row.value: str(row.label) for row in Permission}.items() <= named.items()


def test_what_a_service_account_can_have_is_a_permission_or_a_question() -> None:
    assert OF_SERVICES - {Scope.TOKENS_INTROSPECT, Scope.DECISIONS_ASK} <= {
        Scope(row.value) for row in Permission
    }
