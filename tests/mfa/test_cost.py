"""Whoever has everything waits no longer for their home than whoever has nothing."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from mfa.factors import recovery
from orgs.models import Organization
from tests.mfa.conftest import by_passkey, give_passkey, give_phone
from tests.orgs.conftest import acme  # noqa: F401 - an organization

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/account/", "/account/mfa/factors/", "/account/profile/"])
def test_their_pages_take_few_statements(client: Client, alice: User, acme: Organization, path: str) -> None:  # noqa: F811
    give_phone(alice)
    recovery.issue(alice)
    by_passkey(client, give_passkey(alice))
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    assert len(queries) <= 10, [query["sql"][:120] for query in queries]
