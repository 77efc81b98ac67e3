"""From the site to a real provider and back."""

import json

import pytest

from accounts.models import Session, User
from orgs.actor import SHELL, Actor
from orgs.flows import teams
from orgs.models import Membership, Organization, TeamMember
from sso.enterprise import connections
from sso.enterprise.connections import Brings
from sso.models import Binding, NameIdFormat, Visit
from tests.machines.saml import SamlProvider
from tests.sso.real.conftest import Connect, introduce
from tests.sso.real.visitor import Visitor

pytestmark = pytest.mark.django_db
MINE = "dora@acme.example"


def test_somebody_new_is_in_and_a_member(connect: Connect, visitor: Visitor) -> None:
    connection = connect()
    assert visitor.sign_in().path == "/account/"
    assert visitor.carried == [("SAMLRequest", "GET"), ("SAMLResponse", "POST")]
    user = User.objects.get(email=MINE)
    assert (user.name, user.has_verified_email, user.has_usable_password()) == ("Dora Dean", True, False)
    assert Membership.objects.of(connection.organization).get(user=user).role == "member"
    assert Session.objects.of(user).get().methods == "sso"


def test_the_next_time_it_is_the_same_account(
    connect: Connect, provider: SamlProvider, visitor: Visitor
) -> None:
    connect()
    visitor.sign_in()
    assert Visitor(provider).sign_in().path == "/account/"
    assert User.objects.filter(email=MINE).count() == 1


@pytest.mark.parametrize("kind", [NameIdFormat.PERSISTENT, NameIdFormat.TRANSIENT])
def test_whatever_it_calls_them_it_is_the_same_account(
    connect: Connect, provider: SamlProvider, kind: NameIdFormat
) -> None:
    connections.edit(connection=connect(), name_id_format=kind, by=SHELL)
    introduce(provider)
    for _ in range(2):
        assert Visitor(provider).sign_in().path == "/account/"
    assert {json.loads(visit.subject)["format"] for visit in Visit.objects.all()} == {kind}
    assert User.objects.filter(email=MINE).count() == 1


def test_by_forms_alone(connect: Connect, visitor: Visitor) -> None:
    connection = connect(only_forms=True)
    assert connection.sso_binding == Binding.POST
    assert visitor.sign_in().path == "/account/"
    assert visitor.carried == [("SAMLRequest", "POST"), ("SAMLResponse", "POST")]


def test_who_is_signed_in_there_is_sent_straight_back(connect: Connect, visitor: Visitor) -> None:
    connect()
    visitor.sign_in()
    visitor.site = Visitor(visitor.provider).site
    assert visitor.go("/sso/saml/acme-sso/login/?next=/account/sessions/").path == "/account/sessions/"


def test_two_people_are_two_accounts(connect: Connect, provider: SamlProvider) -> None:
    connect()
    for name in ("dora", "emil"):
        assert Visitor(provider).sign_in(name=name).path == "/account/"
    assert User.objects.filter(email__endswith="@acme.example").count() == 2


def test_it_speaks_for_its_own_domain_alone(connect: Connect, visitor: Visitor, alice: User) -> None:
    connect()
    page = visitor.sign_in(name="mallory")
    assert (page.status, visitor.is_in()) == (400, False)


def test_a_group_brings_a_team(
    connect: Connect, provider: SamlProvider, acme: Organization, alice: User
) -> None:
    team = teams.create(organization=acme, name="Lamps", makes_admin=False, roles=[], by=Actor(alice))
    connections.add_group(connection=connect(), group="lamps", brings=Brings(team=team), by=SHELL)
    for name in ("dora", "emil"):
        Visitor(provider).sign_in(name=name)
    members = TeamMember.objects.of(acme).filter(team=team)
    assert [row.membership.user.email for row in members] == [MINE]


# --- Begun at the provider


def test_begun_there_it_is_asked_first(connect: Connect, provider: SamlProvider, visitor: Visitor) -> None:
    connection = connect("--allow-idp-initiated")
    page = visitor.past_their_page(visitor.go(provider.begin(connection.entity_id, "/account/sessions/")))
    assert MINE in page.words
    assert not visitor.is_in()
    assert visitor.press(page, "Yes, sign me in").path == "/account/sessions/"
    assert visitor.is_in()


def test_begun_there_it_is_refused_where_it_is_off(
    connect: Connect, provider: SamlProvider, visitor: Visitor
) -> None:
    connection = connect()
    page = visitor.past_their_page(visitor.go(provider.begin(connection.entity_id)))
    assert (page.is_ours, page.status, visitor.is_in()) == (True, 400, False)


# --- Once more


def test_a_fresh_proof_makes_the_provider_ask_again(connect: Connect, visitor: Visitor) -> None:
    connect()
    visitor.sign_in()
    page = visitor.press(visitor.go("/account/reauthenticate/organization/"), "Acme Lamps")
    assert not page.is_ours
    assert visitor.past_their_page(page).path == "/account/"
    records = visitor.site.session["account_authentication_methods"]
    assert [record.get("reauthenticated", False) for record in records] == [False, True]


def test_another_person_there_proves_nothing(
    connect: Connect, provider: SamlProvider, visitor: Visitor
) -> None:
    connect()
    Visitor(provider).sign_in(name="emil")
    visitor.sign_in()
    page = visitor.press(visitor.go("/account/reauthenticate/organization/"), "Acme Lamps")
    assert visitor.past_their_page(page, "emil").status == 403
