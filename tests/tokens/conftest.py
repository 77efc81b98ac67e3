import pytest

from accounts.models import User
from core.client import Facts
from tests.orgs.conftest import acme, ada, bobs, globex
from tokens.flows import families
from tokens.flows.families import Pair

__all__ = ["acme", "ada", "bobs", "globex"]
HERE = Facts("203.0.113.9", "Client on Linux", "")
THERE = Facts("198.51.100.7", "Client on Linux", "")


@pytest.fixture
def pair(alice: User) -> Pair:
    """What Alice's program has in hand."""
    return families.begin(user=alice, methods=["password"], scope="profile", facts=HERE)
