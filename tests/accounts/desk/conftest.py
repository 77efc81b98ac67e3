import pytest

from accounts.models import User
from orgs.actor import SHELL
from orgs.flows import organizations
from orgs.models import Organization


@pytest.fixture
def acme(alice: User) -> Organization:
    return organizations.create(slug="acme", name="Acme Lamps", owner=alice, by=SHELL)
