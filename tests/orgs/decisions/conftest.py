"""An application of Acme's, and what is there to ask about."""

import pytest

from accounts.api.scopes import Scope
from orgs.actor import SHELL
from orgs.flows import members, roles, teams
from orgs.models import Membership, Organization, Team
from tests.api import Program
from tests.orgs.programs import by_service


@pytest.fixture
def shop(acme: Organization) -> Program:
    return by_service(acme, Scope.DECISIONS_ASK, name="Shop")


@pytest.fixture
def platform(acme: Organization, bobs: Membership) -> Team:
    """Bob is in it, and by it a Reviewer."""
    reviewer = roles.create(organization=acme, name="Reviewer", permissions=[], by=SHELL)
    made = teams.create(organization=acme, name="Platform", makes_admin=False, roles=[reviewer], by=SHELL)
    teams.add_member(team=made, membership=bobs, by=SHELL)
    return made


@pytest.fixture
def bosses(acme: Organization) -> Team:
    """Whoever is in it is an admin, and nobody is."""
    return teams.create(organization=acme, name="Bosses", makes_admin=True, roles=[], by=SHELL)


@pytest.fixture
def keeper(acme: Organization, bobs: Membership) -> Membership:
    """Bob, who may look after members and teams, and no more."""
    made = roles.create(
        organization=acme, name="Keeper", permissions=["members.manage", "teams.manage"], by=SHELL
    )
    members.change_role(membership=bobs, own_roles=[made], by=SHELL)
    return bobs
