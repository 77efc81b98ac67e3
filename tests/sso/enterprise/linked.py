"""Somebody whose account an organization's provider opens, and who comes by it."""

from typing import Any

from django.test import Client

from accounts.models import User
from core.client import Facts
from orgs.actor import SHELL
from orgs.flows import members, organizations
from orgs.models import Domain, Organization
from sso.models import Connection, Rank
from sso.social import connections
from sso.social.identity import Identity
from tests.machines.rogue_provider import CLIENT_ID, SECRET, RogueProvider
from tests.sso.conftest import dora
from tests.sso.saml.conftest import connect
from tests.sso.saml.names import PROTECTED
from tests.sso.saml.provider import Provider
from tests.sso.saml.test_sign_in import bring, leave

FACTS = Facts("203.0.113.9", "", "")


def employer(user: User) -> Organization:
    """Her organization, which has proved the domain of her address."""
    found = Organization.objects.filter(slug="employer").first()
    if found is None:
        found = organizations.create(slug="employer", name="Employer", owner=None, by=SHELL)
        name = user.email.rpartition("@")[2]
        Domain.across_organizations.create(
            organization=found, name=name, challenge="x", verified_at="2026-01-01T00:00:00Z"
        )
    if not user.memberships.filter(organization=found).exists():
        members.add(organization=found, user=user, role="member", by=SHELL)
    return found


def by_saml(client: Client, user: User, **knobs: Any) -> Any:
    """What the provider says counts as two factors, where that is anybody's to say."""
    connection = Connection.objects.with_slug("employer-saml").first()
    if connection is None:
        connection = connect(employer(user), "employer-saml", trusted_contexts=[PROTECTED])
    employer(user)
    _link(connection, user, f"name:{user.public_id}", connection.account_provider)
    idp = Provider(connection)
    said = {"name_id": str(user.public_id), "attributes": {"mail": (user.email,)}, **knobs}
    found = bring(client, idp, leave(client, connection), **said)
    assert found.status_code == 303
    return client.get(found["Location"])


def by_openid(client: Client, user: User, rogue: RogueProvider) -> Any:
    connection = Connection.across_organizations.create(
        organization=employer(user),
        kind="openid",
        slug="employer-id",
        name="Employer",
        issuer=rogue.url,
        client_id=CLIENT_ID,
        client_secret=SECRET,
        trusted_contexts=["mfa"],
        opens_up_to=Rank.SITE,
    )
    _link(connection, user, "subject:dora-1", rogue.url)
    page = client.get("/sso/openid/employer-id/login/")
    person = dora(email=user.email, amr=["pwd", "mfa"])
    return client.get("/sso/openid/employer-id/callback/", rogue.authorize(page["Location"], person))


def _link(connection: Connection, user: User, subject: str, issuer: str) -> None:
    identity = Identity(slug=connection.account_provider, issuer=issuer, subject=subject)
    if connections.find(identity) is None:
        connections.add(user=user, identity=identity, facts=FACTS, tell_owner=False)
