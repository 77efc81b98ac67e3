"""A connection opens no account of somebody who may do more than whoever set it up."""

import json
import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Session, User
from accounts.roles.catalogue import BuiltInRole
from audit.actions import Action
from audit.models import Event
from orgs.actor import SHELL, Actor
from orgs.errors import WouldLockOwnersOut
from orgs.flows import members, policy, roles
from orgs.models import Membership, Policy
from orgs.permissions import Permission
from sso.enterprise import connections, upkeep
from sso.models import Connection, ParkedAssertion, Rank, SignInRequest
from sso.saml.metadata import Provider as Known
from sso.social import connections as of_people
from sso.social.identity import Identity
from tests.conftest import make_staff
from tests.desk import chosen
from tests.orgs.conftest import join, person, signed_in
from tests.orgs.pages import give
from tests.outbox import mails
from tests.sso.enterprise.documents import document
from tests.sso.enterprise.linked import FACTS
from tests.sso.enterprise.test_upkeep import published, publisher  # noqa: F401 - fixtures
from tests.sso.saml.conftest import connect
from tests.sso.saml.keys import rsa_key
from tests.sso.saml.provider import Provider
from tests.sso.saml.test_sign_in import bring, leave, prove, reasons, sign_in

pytestmark = pytest.mark.django_db
ROGUE = rsa_key("rogue")
THERE = {"name_id": "there", "attributes": {"mail": ("there@acme.example",)}}


@pytest.fixture(autouse=True)
def domain(connection: Connection) -> None:
    prove(connection, "acme.example")


@pytest.fixture
def otto(connection: Connection) -> User:
    """A plain member who looks after the sign-in, and nothing else."""
    membership = join(connection.organization, person("otto"))
    give(membership, [Permission.SSO_MANAGE])
    return membership.user


@pytest.fixture
def ada(connection: Connection) -> User:
    return join(connection.organization, person("ada"), "admin").user


def link(connection: Connection, user: User, name: str = "there") -> None:
    provider = connection.account_provider
    identity = Identity(slug=provider, issuer=provider, subject=f"name:{name}")
    of_people.add(user=user, identity=identity, facts=FACTS, tell_owner=False)


def address(connection: Connection, page: str) -> str:
    return reverse(f"sso-organization:{page}", args=[connection.organization.slug, connection.slug])


def by_hand(user: User, connection: Connection) -> Provider:
    """They write down a provider of their own; it goes on under the name of the former one."""
    given = {
        "idp_entity_id": connection.idp_entity_id,
        "sso_url": "https://idp.acme.example/sso",
        "certificate": ROGUE.certificate_pem,
    }
    assert signed_in(user).post(address(connection, "by-hand"), given).status_code == 302
    connection.refresh_from_db()
    return Provider(connection, ROGUE)


def confirmed_by(user: User, connection: Connection) -> Any:
    page = signed_in(user).get(address(connection, "connection"))
    seen = page.context["version"]
    return signed_in(user).post(address(connection, "confirm"), {"seen": seen})


def comes_in(user: User, idp: Provider, **said: Any) -> bool:
    before = Session.objects.of(user).count()
    client = Client()
    sign_in(client, idp, **{**THERE, **said})
    return Session.objects.of(user).count() > before


@pytest.mark.parametrize("who", ["owner", "admin", "by a role"])
def test_whoever_may_only_set_it_up_becomes_nobody_who_may_more(
    connection: Connection, otto: User, alice: User, ada: User, who: str
) -> None:
    rita = join(connection.organization, person("rita"))
    give_other(rita)
    victim = {"owner": alice, "admin": ada, "by a role": rita.user}[who]
    link(connection, victim)
    assert comes_in(victim, Provider(connection))
    rogue = by_hand(otto, connection)
    assert not comes_in(victim, rogue)
    assert reasons() == ["not-confirmed"]


def give_other(membership: Membership) -> None:
    role = roles.create(
        organization=membership.organization, name="Other", permissions=[Permission.ROLES_MANAGE], by=SHELL
    )
    members.change_role(membership=membership, role="member", own_roles=[role], by=SHELL)


def test_an_admin_does_not_become_an_owner(connection: Connection, alice: User, ada: User) -> None:
    link(connection, alice)
    assert not comes_in(alice, by_hand(ada, connection))


def test_but_comes_in_themselves(connection: Connection, ada: User) -> None:
    link(connection, ada)
    assert comes_in(ada, by_hand(ada, connection))


def test_plain_members_come_in_as_before(connection: Connection, otto: User, bob: User) -> None:
    join(connection.organization, bob)
    link(connection, bob)
    assert comes_in(bob, by_hand(otto, connection))


def test_nobody_of_the_site_is_opened_by_an_owner(connection: Connection, alice: User, bob: User) -> None:
    join(connection.organization, bob)
    link(connection, bob)
    make_staff(bob, BuiltInRole.SUPPORT)
    client = Client()
    sign_in(client, by_hand(alice, connection), **THERE)
    assert reasons() == ["not-confirmed"]


def test_a_provider_that_waits_for_them_gets_no_owner_either(
    connection: Connection, otto: User, alice: User
) -> None:
    """Prepared before anybody who may more is connected by it."""
    idp = by_hand(otto, connection)
    client = signed_in(alice)
    client.post("/account/connections/organization/acme-sso/")
    found = client.get(bring(client, idp, SignInRequest.objects.latest("pk").request_id, **THERE)["Location"])
    assert found.status_code == 403
    assert not of_people.of(alice).exists()


def test_it_proves_nothing_of_who_is_signed_in(connection: Connection, otto: User, alice: User) -> None:
    link(connection, alice)
    idp = by_hand(otto, connection)
    client = signed_in(alice)
    request_id = leave(client, connection)
    before = client.session["account_authentication_methods"]
    assert client.get(bring(client, idp, request_id, **THERE)["Location"]).status_code == 403
    assert client.session["account_authentication_methods"] == before


@pytest.mark.parametrize(
    "change",
    [
        {"mapping": {"subject": "nickname"}},
        {"mapping": {"groups": "hobbies"}},
        {"trusted_contexts": ["password"]},
        {"name_id_format": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"},
    ],
    ids=str,
)
def test_whatever_decides_who_somebody_is_counts(
    connection: Connection, otto: User, change: dict[str, Any]
) -> None:
    connections.edit(connection=connection, by=Actor(otto), **change)
    connection.refresh_from_db()
    assert connection.opens_up_to == Rank.MEMBER


def test_what_decides_nothing_does_not(connection: Connection, otto: User) -> None:
    connections.edit(connection=connection, by=Actor(otto), name="Other", force_authn=True)
    connection.refresh_from_db()
    assert connection.opens_up_to == Rank.SITE


def test_groups_bring_nothing_meanwhile(connection: Connection, otto: User, bob: User) -> None:
    joined = join(connection.organization, bob)
    rule = connections.Brings(built_in="admin")
    connections.add_group(connection=connection, group="admins", brings=rule, by=SHELL)
    link(connection, bob)
    said = {"attributes": {"mail": ("there@acme.example",), "groups": ("admins",)}}
    assert comes_in(bob, by_hand(otto, connection), **said)
    joined.refresh_from_db()
    assert joined.role == "member"


def test_an_owner_confirms_what_they_have_seen(connection: Connection, otto: User, alice: User) -> None:
    link(connection, alice)
    idp = by_hand(otto, connection)
    assert confirmed_by(alice, connection).status_code == 302
    connection.refresh_from_db()
    assert connection.opens_up_to == Rank.OWNER
    assert comes_in(alice, idp)


def test_but_not_what_came_after_it(connection: Connection, otto: User, alice: User) -> None:
    connections.edit(connection=connection, by=Actor(otto), mapping={"email": "mail"})
    client = signed_in(alice)
    seen = client.get(address(connection, "connection")).context["version"]
    by_hand(otto, connection)
    client.post(address(connection, "confirm"), {"seen": seen})
    connection.refresh_from_db()
    assert connection.opens_up_to == Rank.MEMBER
    assert Event.objects.filter(data__reason="changed_meanwhile").exists()


def test_nor_what_was_said_before_it(connection: Connection, otto: User, alice: User) -> None:
    link(connection, alice)
    client = Client()
    idp = by_hand(otto, connection)
    parked = bring(client, idp, leave(client, connection), **THERE)["Location"]
    confirmed_by(alice, connection)
    assert not ParkedAssertion.objects.exists()
    assert client.get(parked).status_code == 400


def test_whoever_set_it_up_cannot_confirm_it(connection: Connection, otto: User) -> None:
    by_hand(otto, connection)
    confirmed_by(otto, connection)
    connection.refresh_from_db()
    assert connection.opens_up_to == Rank.MEMBER


def test_an_admin_confirms_it_for_admins(connection: Connection, otto: User, ada: User, alice: User) -> None:
    link(connection, ada)
    link(connection, alice, "alice")
    idp = by_hand(otto, connection)
    confirmed_by(ada, connection)
    connection.refresh_from_db()
    assert comes_in(ada, idp)
    assert not comes_in(alice, idp, name_id="alice")


def test_the_owners_read_what_has_come_of_it(connection: Connection, otto: User) -> None:
    by_hand(otto, connection)
    event = Event.objects.filter(action=Action.SSO_CHANGE).latest("pk")
    assert event.personal_fields().after["opens_up_to"] == 1
    assert "confirm" in mails(message="organization_sso_changed").get().text


@pytest.mark.parametrize(("owns_the_site", "rank"), [(True, Rank.SITE), (False, Rank.MEMBER)])
def test_the_desk_raises_nobody_to_owner(
    connection: Connection, bob: User, owns_the_site: bool, rank: Rank
) -> None:
    make_staff(bob, BuiltInRole.ADMINISTRATOR, is_superuser=owns_the_site)
    known = Known(
        entity_id="https://other.example/",
        sso_url="https://other.example/",
        sso_binding=connection.sso_binding,
        certificates=[ROGUE.certificate_pem],
    )
    connections.believe(connection=connection, provider=known, by=Actor(bob, is_operator=True))
    connection.refresh_from_db()
    assert connection.opens_up_to == rank


def test_whoever_owns_the_site_confirms_it_at_the_desk(
    connection: Connection, otto: User, as_admin: Client
) -> None:
    by_hand(otto, connection)
    question = as_admin.post("/admin/sso/connection/", chosen("confirm", connection, confirmed=[]))
    assert connection.idp_entity_id in question.text
    found = re.search(r'name="(seen-\d+)" value="(\w+)"', question.text)
    assert found is not None
    name, seen = found.groups()
    Connection.across_organizations.update(mapping={"email": "Mail"})
    said = as_admin.post("/admin/sso/connection/", chosen("confirm", connection, **{name: seen}), follow=True)
    assert "Somebody has changed it" in said.text
    connection.refresh_from_db()
    assert connection.opens_up_to < Rank.SITE
    seen = connections.version(connection)
    as_admin.post("/admin/sso/connection/", chosen("confirm", connection, **{name: seen}))
    connection.refresh_from_db()
    assert connection.opens_up_to == Rank.SITE


def test_and_whoever_runs_it_by_the_command(connection: Connection, otto: User) -> None:
    by_hand(otto, connection)
    shown = StringIO()
    call_command("sso_connection", "show", "acme-sso", "--json", stdout=shown)
    seen = json.loads(shown.getvalue())["version"]
    Connection.across_organizations.update(mapping={"email": "Mail"})
    with pytest.raises(CommandError, match="Look at it once more"):
        call_command("sso_connection", "update", "acme-sso", "--confirm", seen)
    connection.refresh_from_db()
    assert connection.opens_up_to < Rank.SITE
    call_command("sso_connection", "update", "acme-sso", "--confirm", connections.version(connection))
    connection.refresh_from_db()
    assert connection.opens_up_to == Rank.SITE


@pytest.mark.parametrize("rank", [Rank.OWNER, Rank.MEMBER])
def test_metadata_read_anew_leaves_it_as_it_was(
    published: Connection,  # noqa: F811
    publisher: Any,  # noqa: F811
    rank: Rank,
) -> None:
    published.opens_up_to = rank
    published.save()
    publisher.said = document(entity_id=published.idp_entity_id)
    assert upkeep.read_metadata_anew() == 1
    published.refresh_from_db()
    assert (published.opens_up_to, published.certificates.count()) == (rank, 1)


def test_what_is_made_goes_as_far_as_its_maker(connection: Connection, otto: User, alice: User) -> None:
    organization = connection.organization
    made = [
        connections.create(organization=organization, slug=f"made-{n}", name="Made", by=by)
        for n, by in enumerate([Actor(otto), Actor(alice), SHELL])
    ]
    assert [row.opens_up_to for row in made] == [Rank.MEMBER, Rank.OWNER, Rank.SITE]


# --- Where the rules take no other way ----------------------------------------------------------------


@pytest.fixture
def alone(connection: Connection, alice: User) -> Connection:
    """The only way in that the rules leave, by which the owner comes."""
    link(connection, alice)
    Policy.objects.of(connection.organization).update(ways=["sso"])
    return connection


def edited(connection: Connection, user: User) -> bool:
    return policy.edit(
        organization=connection.organization, by=Actor(user), signed_in_by={"sso"}, ways=["sso"]
    )


def test_an_owner_who_is_not_connected_is_not_locked_out(
    connection: Connection, alice: User, ada: User
) -> None:
    with pytest.raises(WouldLockOwnersOut):
        edited(connection, ada)
    link(connection, alice)
    assert edited(connection, ada)


@pytest.mark.parametrize("state", ["switched off", "not confirmed", "of another organization"])
def test_nor_one_whose_connection_opens_nothing(
    connection: Connection, globex: Any, alice: User, ada: User, state: str
) -> None:
    match state:
        case "switched off":
            link(connection, alice)
            Connection.across_organizations.update(is_active=False)
        case "not confirmed":
            link(connection, alice)
            Connection.across_organizations.update(opens_up_to=Rank.ADMIN)
        case "of another organization":
            link(connect(globex, "globex-sso"), alice)
    with pytest.raises(WouldLockOwnersOut):
        edited(connection, ada)


@pytest.mark.parametrize("how", ["changed", "switched off", "removed"])
def test_nor_by_a_change_of_it_afterwards(alone: Connection, ada: User, how: str) -> None:
    by = Actor(ada)
    changes: dict[str, Callable[[], Any]] = {
        "changed": lambda: connections.edit(connection=alone, by=by, mapping={"subject": "nickname"}),
        "switched off": lambda: connections.edit(connection=alone, by=by, is_active=False),
        "removed": lambda: connections.remove(connection=alone, by=by),
    }
    with pytest.raises(WouldLockOwnersOut):
        changes[how]()
    alone.refresh_from_db()
    assert (alone.is_active, alone.opens_up_to, alone.mapping) == (True, Rank.SITE, {})


def test_whoever_runs_the_site_may(alone: Connection) -> None:
    connections.remove(connection=alone, by=SHELL)
    assert not Connection.across_organizations.exists()
