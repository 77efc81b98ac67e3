"""Runs inside the site, by `django shell`: organizations with connections, one of which the bench signs in by."""

import os

from django.db import transaction

from identity.local.bench import saml
from orgs.actor import SHELL
from orgs.flows import domains, organizations
from sso.enterprise import connections
from sso.models import Connection, IdpCertificate
from sso.saml.metadata import Provider


def main() -> None:
    number, certificate = int(os.environ["BENCH_NUMBER"]), os.environ["BENCH_CERTIFICATE"]
    with transaction.atomic():
        ours = organizations.create(slug="bench", name="Bench", owner=None, by=SHELL)
        domains.vouch(organization=ours, name=saml.DOMAIN, by=SHELL)
        connection = connections.create(organization=ours, slug=saml.SLUG, name="Bench", by=SHELL)
        known = Provider(saml.ISSUER, saml.SSO_URL, Connection._meta.get_field("sso_binding").default)
        known.certificates.append(certificate)
        connections.believe(connection=connection, provider=known, by=SHELL)
        connections.edit(connection=connection, allow_idp_initiated=True, by=SHELL)
        _crowd(connection, number)


def _crowd(like: Connection, number: int) -> None:
    """The same again under other names: what a look-up has to find its way through."""
    kept = like.certificates.get()
    others = Connection.across_organizations.bulk_create(
        Connection(
            organization_id=like.organization_id,
            slug=f"other-{each}",
            name=f"Other {each}",
            entity_id=f"https://bench.example/{each}",
            idp_entity_id=like.idp_entity_id,
            sso_url=like.sso_url,
        )
        for each in range(number)
    )
    IdpCertificate.objects.bulk_create(
        IdpCertificate(connection=other, pem=kept.pem, fingerprint=kept.fingerprint) for other in others
    )
