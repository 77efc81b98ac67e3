"""Acme's people sign in at an identity provider of its own; Globex has one as well, and is none of its business."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from accounts.flows import provision
from accounts.models import User
from core.site import absolute
from orgs.actor import SHELL
from orgs.flows import organizations
from orgs.models import Organization
from sso.models import Connection, IdpCertificate, Rank, ServiceKey
from tests.kept import kept
from tests.sso.saml.keys import Key
from tests.sso.saml.provider import IDP_KEY, SITE_KEY, Provider

ENTITY_ID = "https://idp.acme.example/metadata"


def connect(organization: Organization, slug: str, *, key: Key = IDP_KEY, **fields: Any) -> Connection:
    connection = Connection.across_organizations.create(
        **{
            "organization": organization,
            "slug": slug,
            "name": slug.title(),
            "entity_id": absolute(f"/sso/saml/{slug}/metadata/"),
            "idp_entity_id": ENTITY_ID,
            "sso_url": "https://idp.acme.example/sso",
            "opens_up_to": Rank.SITE,
            **fields,
        }
    )
    believe(connection, key)
    ServiceKey.objects.create(
        connection=connection, private_key=SITE_KEY.pem, certificate=SITE_KEY.certificate_pem
    )
    return connection


def believe(connection: Connection, key: Key) -> None:
    """One more certificate of its provider."""
    certificate = key.certificate
    IdpCertificate.objects.create(
        connection=connection,
        pem=key.certificate_pem,
        fingerprint=key.fingerprint,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


@pytest.fixture
def acme_org(alice: User) -> Organization:
    return organizations.create(slug="acme", name="Acme Lamps", owner=alice, by=SHELL)


@pytest.fixture
def connection(request: pytest.FixtureRequest, db: None) -> Connection:
    """One that the whole file keeps, where it asks for `connected`."""
    if "connected" in request.fixturenames:
        return request.getfixturevalue("connected")()
    return connect(request.getfixturevalue("acme_org"), "acme-sso")


@pytest.fixture(scope="module")
def connected(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Callable[[], Connection]]:
    """For files with hundreds of messages and nothing of Alice in their tests."""

    def made() -> Connection:
        alice = provision.create_person(email="alice@example.org", name="Alice Arden")
        return connect(
            organizations.create(slug="acme", name="Acme Lamps", owner=alice, by=SHELL), "acme-sso"
        )

    with kept(django_db_blocker, made) as copied:
        yield copied


@pytest.fixture
def globex(charlie: User) -> Organization:
    return organizations.create(slug="globex", name="Globex", owner=charlie, by=SHELL)


@pytest.fixture
def idp(connection: Connection) -> Provider:
    return Provider(connection)
