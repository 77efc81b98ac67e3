"""From the sign-in page to the provider and back, over HTTP."""

import re
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zlib import decompress

import pytest
from django.test import Client

from accounts.models import Session, User
from audit.actions import Action
from audit.models import Event
from orgs.models import Domain, Membership
from sso.models import Connection, SignInRequest, Visit
from tests.sso.saml.forge import posted
from tests.sso.saml.provider import Provider

pytestmark = pytest.mark.django_db
MINE = "dora@acme.example"


@pytest.fixture
def domain(connection: Connection) -> Domain:
    return prove(connection, "acme.example")


def prove(connection: Connection, name: str) -> Domain:
    return Domain.across_organizations.create(
        organization=connection.organization, name=name, challenge="x", verified_at="2026-01-01T00:00:00Z"
    )


def leave(client: Client, connection: Connection, **query: str) -> str:
    """Which request the browser carries off."""
    page = client.get(f"/sso/saml/{connection.slug}/login/", query)
    assert page.status_code == 302, page.content
    asked = parse_qs(urlsplit(page["Location"]).query)
    text = decompress(b64decode(asked["SAMLRequest"][0]), -15).decode()
    found = re.search(r' ID="([^"]+)"', text)
    assert found
    return found[1]


def bring(client: Client, idp: Provider, request_id: str | None, **knobs: Any) -> Any:
    message = posted(idp.root(**{"in_response_to": request_id, **knobs})).decode()
    return client.post(f"/sso/saml/{idp.connection.slug}/acs/", {"SAMLResponse": message})


def sign_in(client: Client, idp: Provider, **knobs: Any) -> Any:
    request_id = leave(client, idp.connection)
    found = bring(client, idp, request_id, **knobs)
    assert found.status_code == 303, found.content.decode()
    return client.get(found["Location"])


def reasons() -> list[str]:
    return [event.data["reason"] for event in Event.objects.filter(action=Action.SIGN_IN_REFUSE)]


def test_somebody_new_gets_an_account_and_is_a_member(client: Client, idp: Provider, domain: Domain) -> None:
    idp.connection.organization.is_trusted = True
    found = sign_in(client, idp)
    assert (found.status_code, found["Location"]) == (302, "/account/")
    user = User.objects.get(email=MINE)
    assert client.get("/account/").status_code == 200
    assert user.has_verified_email
    assert not user.has_usable_password()
    assert Membership.objects.of(idp.connection.organization).get(user=user).role == "member"
    session = Session.objects.of(user).get()
    assert session.methods == "sso"
    assert session.origin == Visit.objects.get().origin


def test_the_same_person_comes_back_to_the_same_account(
    client: Client, idp: Provider, domain: Domain
) -> None:
    sign_in(client, idp)
    sign_in(Client(), idp)
    assert User.objects.filter(email=MINE).count() == 1


def test_a_response_counts_once(client: Client, idp: Provider, domain: Domain) -> None:
    request_id = leave(client, idp.connection)
    message = posted(idp.root(in_response_to=request_id)).decode()
    address = f"/sso/saml/{idp.connection.slug}/acs/"
    first = client.post(address, {"SAMLResponse": message})
    assert first.status_code == 303
    assert client.post(address, {"SAMLResponse": message}).status_code == 400
    client.get(first["Location"])
    again = client.get(first["Location"])
    assert again.status_code == 400
    assert reasons() == ["replayed", "replayed"]


def test_it_counts_in_the_browser_that_left(client: Client, idp: Provider, domain: Domain) -> None:
    request_id = leave(client, idp.connection)
    other = Client()
    found = bring(other, idp, request_id)
    assert other.get(found["Location"]).status_code == 400
    assert reasons() == ["other-browser"]
    assert not User.objects.filter(email=MINE).exists()


def test_an_unknown_request_is_refused_at_once(client: Client, idp: Provider, domain: Domain) -> None:
    assert bring(client, idp, "_nobody-asked").status_code == 400
    assert reasons() == ["in-response-to"]


def test_a_request_that_is_too_old_is_none(client: Client, idp: Provider, domain: Domain) -> None:
    request_id = leave(client, idp.connection)
    SignInRequest.objects.update(expires_at="2026-01-01T00:00:00Z")
    assert bring(client, idp, request_id).status_code == 400


def test_it_speaks_for_its_own_domains_alone(
    client: Client, idp: Provider, domain: Domain, alice: User
) -> None:
    found = bring(client, idp, leave(client, idp.connection), attributes={"mail": (alice.email,)})
    assert found.status_code == 400
    assert reasons() == ["domain-of-another"]


def test_where_to_go_afterwards_is_kept(client: Client, idp: Provider, domain: Domain) -> None:
    request_id = leave(client, idp.connection, next="/account/sessions/")
    found = bring(client, idp, request_id)
    assert client.get(found["Location"])["Location"] == "/account/sessions/"


def test_it_never_leads_elsewhere(client: Client, idp: Provider, domain: Domain) -> None:
    request_id = leave(client, idp.connection, next="https://evil.example/")
    found = bring(client, idp, request_id)
    assert client.get(found["Location"])["Location"] == "/account/"
