"""What belongs to one's organizations is offered under connected accounts, and where a rule asks for it."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from orgs.actor import SHELL
from orgs.flows import members
from orgs.models import Membership, Organization, Policy
from sso.models import Connection, SignInRequest
from tests.conftest import forget_when, sign_in
from tests.sso.saml.provider import Provider
from tests.sso.saml.test_sign_in import bring, prove

PAGE, CONNECT = "/account/connections/", "/account/connections/organization/acme-sso/"
CHOOSE = "/account/sso/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def bobs(acme_org: Organization, bob: User) -> Membership:
    return members.add(organization=acme_org, user=bob, role="member", by=SHELL)


def left_with(answer: Any) -> str:
    """The request that the browser carries to the provider."""
    assert "https://idp.acme.example/sso?" in answer.text
    return SignInRequest.objects.latest("pk").request_id


def test_it_is_offered_connected_and_named(
    client: Client, alice: User, connection: Connection, idp: Provider
) -> None:
    prove(connection, "acme.example")
    sign_in(client, alice)
    assert CONNECT in client.get(PAGE).text
    said = {"name_id": "alice-there", "attributes": {"mail": ("a.arden@acme.example",)}}
    ended = client.get(bring(client, idp, left_with(client.post(CONNECT)), **said)["Location"])
    assert ended["Location"] == PAGE
    page = client.get(PAGE).text
    assert "the sign-in of Acme Lamps" in page
    assert "a.arden@acme.example" in page
    assert CONNECT not in page


def test_the_menu_of_a_member_leads_there(client: Client, bobs: Membership, connection: Connection) -> None:
    sign_in(client, bobs.user)
    assert f'href="{PAGE}"' in client.get("/account/").text


def test_the_outsider_is_offered_nothing(client: Client, charlie: User, connection: Connection) -> None:
    sign_in(client, charlie)
    assert f'href="{PAGE}"' not in client.get("/account/").text
    assert CONNECT not in client.get(PAGE).text
    assert client.post(CONNECT).status_code == 404


def test_who_has_an_address_of_its_domain_may_connect_before_joining(
    client: Client, charlie: User, connection: Connection
) -> None:
    prove(connection, charlie.email.rpartition("@")[2])
    sign_in(client, charlie)
    assert CONNECT in client.get(PAGE).text
    assert left_with(client.post(CONNECT))


@pytest.mark.parametrize("state", ["switched off", "not set up", "suspended", "paused"])
def test_what_cannot_be_used_is_not_offered(
    client: Client, bobs: Membership, connection: Connection, state: str
) -> None:
    rows = Connection.across_organizations
    match state:
        case "switched off":
            rows.update(is_active=False)
        case "not set up":
            rows.update(sso_url="")
        case "suspended":
            Organization.objects.update(status="suspended")
        case "paused":
            members.pause(membership=bobs, by=SHELL)
    sign_in(client, bobs.user)
    assert CONNECT not in client.get(PAGE).text
    assert client.post(CONNECT).status_code == 404


def test_it_takes_a_fresh_proof(client: Client, alice: User, connection: Connection) -> None:
    sign_in(client, alice)
    forget_when(client, 3700)
    assert client.post(CONNECT)["Location"].startswith("/account/reauthenticate/")


def test_where_a_rule_asks_for_it_the_page_leads_there(
    client: Client, bobs: Membership, connection: Connection
) -> None:
    Policy.across_organizations.update(ways=["sso"])
    assert sign_in(client, bobs.user)["Location"] == "/orgs/other-way/"
    assert f'href="{CHOOSE}"' in client.get("/orgs/other-way/").text


def test_also_at_the_door_of_the_organization(
    client: Client, bobs: Membership, connection: Connection
) -> None:
    sign_in(client, bobs.user)
    Policy.across_organizations.update(ways=["sso"])
    page = client.get("/orgs/acme/")
    assert page.status_code == 403
    assert f'href="{CHOOSE}?next=/orgs/acme/"' in page.text


def test_where_a_rule_asks_for_something_else_it_does_not(client: Client, bobs: Membership) -> None:
    Policy.across_organizations.update(ways=["socialaccount"])
    sign_in(client, bobs.user)
    assert CHOOSE not in client.get("/orgs/other-way/").text
