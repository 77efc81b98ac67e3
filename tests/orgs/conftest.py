"""Alice owns Acme, Ada is its admin, Bob a member; Charlie must see nothing of it."""

from typing import Any

import pytest
from django.test import Client

from accounts.flows import provision
from accounts.models import User
from orgs.actor import SHELL, Actor
from orgs.flows import members, organizations
from orgs.models import Membership, Organization
from orgs.permissions import BuiltIn
from tests.conftest import PASSWORD, sign_in


@pytest.fixture
def acme(alice: User) -> Organization:
    return organizations.create(slug="acme", name="Acme Lamps", owner=alice, by=SHELL)


@pytest.fixture
def by_alice(alice: User) -> Actor:
    return Actor(alice)


@pytest.fixture
def ada(acme: Organization) -> User:
    return join(acme, person("ada"), BuiltIn.ADMIN).user


@pytest.fixture
def bobs(acme: Organization, bob: User) -> Membership:
    return join(acme, bob, BuiltIn.MEMBER)


@pytest.fixture
def globex(charlie: User) -> Organization:
    """Charlie's own: whatever is in it is none of Acme's business, and the other way round."""
    return organizations.create(slug="globex", name="Globex", owner=charlie, by=SHELL)


def person(name: str) -> User:
    return provision.create_person(email=f"{name}@example.org", name=name.title(), password=PASSWORD)


def join(organization: Organization, user: User, role: str = BuiltIn.MEMBER) -> Membership:
    return members.add(organization=organization, user=user, role=role, by=SHELL)


def signed_in(user: User) -> Client:
    client = Client()
    answer: Any = sign_in(client, user)
    assert answer.status_code == 302, answer.content
    return client
