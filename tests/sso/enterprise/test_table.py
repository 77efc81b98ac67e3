"""The pages of an organization's own sign-in × who asks × state: the table of tests/orgs, for what this app adds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from accounts.models import User
from audit import log
from audit.actions import Action, Outcome
from audit.models import Event
from orgs.actor import SHELL
from orgs.flows import domains, members, roles, teams
from orgs.models import Domain, Membership, Organization
from orgs.permissions import Permission
from sso.enterprise import connections, refusals
from sso.enterprise.connections import Brings
from sso.enterprise.urls import connection_urlpatterns, organization_urlpatterns
from sso.models import Connection, GroupRule
from tests.conftest import be, each
from tests.machines.dns import NameServer
from tests.orgs.conftest import join, person, signed_in
from tests.orgs.test_table import ask, found
from tests.outbox import mails
from tests.sso.saml.conftest import connect
from tests.sso.saml.names import PERSISTENT

MAY = ("admin", "owner", "by a role")
INSIDERS = ("member", *MAY)

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Row:
    """One page or action; all want the same permission."""

    name: str
    args: tuple[str, ...] = ()
    data: dict[str, Any] | None = None
    done: int = 302
    is_guarded: bool = True

    @property
    def is_post(self) -> bool:
        return self.data is not None

    def __str__(self) -> str:
        return f"{'POST' if self.is_post else 'GET'} {self.name}"


def get(name: str, *args: str, is_guarded: bool = False) -> Row:
    return Row(name, args, done=200, is_guarded=is_guarded)


def post(name: str, /, *args: str, done: int = 302, is_guarded: bool = True, **data: Any) -> Row:
    return Row(name, args, data, done, is_guarded)


TABLE = [
    get("index"),
    get("new", is_guarded=True),
    post("new", kind="saml", name="Acme", slug="acme-fresh"),
    post("add-domain", name="fresh.example"),
    # Nothing answers for it: back to the page, with the reason.
    post("check-domain", "domain"),
    post("remove-domain", "domain"),
    get("connection", "connection"),
    # Shown again, with what is missing.
    post("provider", "connection", done=200),
    post("by-hand", "connection", done=200),
    post("openid", "connection", done=200),
    post("choices", "connection", name="Other", name_id_format=PERSISTENT),
    post("try", "connection", done=200, is_guarded=False),
    post("add-group", "connection", group="staff", brings="admin"),
    post("remove-group", "connection", "rule"),
    post("roll-key", "connection"),
    # Nothing to be confirmed, or somebody has changed it meanwhile: back to the page.
    post("confirm", "connection", seen="something else"),
    post("remove", "connection"),
]


def give(membership: Membership, permissions: list[Permission]) -> None:
    """A role of the organization's own."""
    role = roles.create(organization=membership.organization, name="Own", permissions=permissions, by=SHELL)
    members.change_role(membership=membership, role="member", own_roles=[role], by=SHELL)


@dataclass
class World:
    organization: Organization
    ids: dict[str, Any]

    def path(self, row: Row, slug: str = "") -> str:
        args = [slug or self.organization.slug, *(self.ids[arg] for arg in row.args)]
        return reverse(f"sso-organization:{row.name}", args=args)


def world(organization: Organization, slug: str) -> World:
    connection = connect(organization, slug)
    team = teams.create(organization=organization, name="Field", makes_admin=False, roles=[], by=SHELL)
    rule = connections.add_group(connection=connection, group="field", brings=Brings(team=team), by=SHELL)
    domain = domains.add(organization=organization, name=f"{slug}.example", by=SHELL)
    return World(organization, {"connection": slug, "rule": rule.pk, "domain": domain.pk})


@pytest.fixture
def acmes(acme_org: Organization, settings: Any) -> Iterator[World]:
    with NameServer() as empty:
        settings.DNS_SERVERS = [empty.place]
        yield world(acme_org, "acme-sso")


@pytest.fixture
def cast(acme_org: Organization, alice: User, bob: User, charlie: User, admin: User) -> dict[str, Client]:
    """Signed-in browsers by who they are."""
    join(acme_org, bob)
    ada, paused, chosen = (
        join(acme_org, person(name), role)
        for name, role in (("ada", "admin"), ("paula", "member"), ("rita", "member"))
    )
    members.pause(membership=paused, by=SHELL)
    give(chosen, [*Permission])
    people = {
        "outsider": charlie,
        "staff": admin,
        "paused": paused.user,
        "member": bob,
        "admin": ada.user,
        "owner": alice,
        "by a role": chosen.user,
    }
    browsers = {name: Client() for name in people}
    for name, user in people.items():
        be(browsers[name], user)
    return {"anonymous": Client(), **browsers}


def test_the_table(acmes: World, cast: dict[str, Client]) -> None:
    for row in each(TABLE, *cast.values()):
        path = acmes.path(row)
        expected = {"anonymous": 302, "outsider": 404, "staff": 404, "paused": 403, "member": 403}
        expected.update(dict.fromkeys(MAY, row.done))
        assert found(cast, row, path) == expected, row
        Organization.objects.update(status="suspended")
        expected.update(dict.fromkeys(INSIDERS, 403))
        assert found(cast, row, path) == expected, row
        Organization.objects.update(status="closed")
        assert found(cast, row, path) == dict.fromkeys(cast, 404) | {"anonymous": 302}, row


def test_the_table_names_every_address() -> None:
    patterns = [*organization_urlpatterns, *connection_urlpatterns]
    assert {row.name for row in TABLE} == {one.name for one in patterns if isinstance(one, URLPattern)}


def test_the_outsider_sees_the_same_as_where_there_is_nothing(acmes: World, charlie: User) -> None:
    client = signed_in(charlie)
    for row in each(TABLE, client):
        answers = [ask(client, row, path) for path in (acmes.path(row), acmes.path(row, slug="nothing-here"))]
        texts = [answer.content.decode().replace(answer.headers["X-Request-Id"], "") for answer in answers]
        assert texts[0] == texts[1], row


def test_what_another_organization_has_is_nowhere(acmes: World, globex: Organization, alice: User) -> None:
    """Asked for by the owner of Acme, and by way of Acme."""
    theirs = world(globex, "globex-sso")
    client = signed_in(alice)
    before = Event.objects.count()
    for row in each([row for row in TABLE if row.args], client):
        for foreign in row.args:
            mixed = World(acmes.organization, {**acmes.ids, foreign: theirs.ids[foreign]})
            assert ask(client, row, mixed.path(row)).status_code == 404, (row, foreign)
        assert Event.objects.count() == before, row


def test_nor_can_its_teams_be_named_in_a_rule(acmes: World, globex: Organization, alice: User) -> None:
    theirs = teams.create(organization=globex, name="Theirs", makes_admin=True, roles=[], by=SHELL)
    path = acmes.path(post("add-group", "connection"))
    answer = signed_in(alice).post(path, {"group": "g", "brings": f"team-{theirs.pk}"})
    assert answer.status_code == 200
    assert GroupRule.objects.of(acmes.organization).count() == 1


def test_what_changes_something_asks_once_more_who_it_is(acmes: World, alice: User) -> None:
    client = signed_in(alice)
    session = client.session
    session["account_authentication_methods"] = [
        {**record, "at": record["at"] - 3700} for record in session["account_authentication_methods"]
    ]
    session.save()
    for row in each(TABLE, client):
        answer = ask(client, row, acmes.path(row))
        asked = answer.status_code == 302 and answer.url.startswith("/account/reauthenticate/")
        assert asked == row.is_guarded, row


def test_a_refused_action_leaves_evidence(acmes: World, bob: User) -> None:
    join(acmes.organization, bob)
    signed_in(bob).post(acmes.path(post("remove", "connection")))
    event = Event.objects.of_action(Action.ORGANIZATION_REFUSE).get()
    assert (event.outcome, event.actor) == (Outcome.REFUSED, bob.public_id)
    assert event.data == {"reason": "organization_permission_missing", "page": "sso-organization:remove"}
    assert Connection.objects.of(acmes.organization).exists()


def test_the_other_owners_hear_of_a_change(acmes: World, alice: User, bob: User) -> None:
    join(acmes.organization, bob, "owner")
    mails().delete()
    signed_in(alice).post(acmes.path(post("roll-key", "connection")))
    assert mails(message="organization_sso_changed").get().recipient == bob.email


def test_nobody_gives_by_a_group_what_they_could_not_give(acmes: World) -> None:
    """Somebody who may set up the sign-in, and nothing else."""
    chosen = join(acmes.organization, person("otto"))
    give(chosen, [Permission.SSO_MANAGE])
    client = signed_in(chosen.user)
    answer = client.post(acmes.path(post("add-group", "connection")), {"group": "g", "brings": "admin"})
    assert answer.status_code == 302
    assert GroupRule.objects.of(acmes.organization).count() == 1


def test_a_trial_that_was_refused_is_shown_as_well(acmes: World, alice: User) -> None:
    for action in (Action.SIGN_IN_REFUSE, Action.CONNECTION_REFUSE):
        log.record(
            action,
            outcome=Outcome.REFUSED,
            organization=acmes.organization.public_id,
            data={"provider": "acme-sso", "reason": "audience"},
        )
    connection = Connection.objects.of(acmes.organization).get()
    assert [found.reason for found in refusals.latest(connection)] == ["audience", "audience"]


def test_a_domain_is_shown_with_its_record_until_it_is_proved(acmes: World, alice: User) -> None:
    client, path = signed_in(alice), acmes.path(get("index"))
    domain = Domain.objects.of(acmes.organization).get()
    assert domains.record_value(domain) in client.get(path).text
    domains.vouch(organization=acmes.organization, name=domain.name, by=SHELL)
    assert domains.record_value(domain) not in client.get(path).text


def test_the_dns_is_asked_so_often_and_no_more(acmes: World, alice: User, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "domain-check.organization": "2/10m"}
    client, path = signed_in(alice), acmes.path(post("check-domain", "domain"))
    assert [client.post(path).status_code for _ in range(3)] == [302, 302, 429]


def test_the_same_group_brings_the_same_once(acmes: World, alice: User) -> None:
    client, path = signed_in(alice), acmes.path(post("add-group", "connection"))
    for _ in range(2):
        assert client.post(path, {"group": "staff", "brings": "admin"}).status_code == 302
    assert GroupRule.objects.of(acmes.organization).filter(group="staff").count() == 1


def test_choices_of_saml_are_offered_for_saml_alone(acmes: World, alice: User) -> None:
    client, path = signed_in(alice), acmes.path(get("connection", "connection"))
    assert "Our requests are signed" in client.get(path).text
    Connection.objects.of(acmes.organization).update(
        kind="openid", issuer="https://id.example", client_id="x"
    )
    assert "Our requests are signed" not in client.get(path).text
    chosen = acmes.path(post("choices", "connection"))
    assert client.post(chosen, {"name": "Other", "trusted_contexts": "mfa"}).status_code == 302
    connection = Connection.objects.of(acmes.organization).get()
    assert (connection.trusted_contexts, connection.signs_requests) == (["mfa"], True)
