"""When a provider's word that it asked for two factors is enough, and when it is not."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from orgs.actor import SHELL
from orgs.flows import members, organizations
from orgs.models import Domain, Organization, Policy
from tests.conftest import PASSWORD, make_staff
from tests.mfa.conftest import give_phone
from tests.sso.enterprise.linked import by_saml, employer
from tests.sso.saml.names import UNSPECIFIED_CONTEXT

pytestmark = pytest.mark.django_db


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def ask_for_factor(organization: Organization) -> None:
    Policy.objects.of(organization).update(
        second_factor=True, second_factor_from=timezone.now() - timedelta(days=1)
    )


def test_the_rule_of_its_own_organization_is_met(client: Client, alice: User) -> None:
    ask_for_factor(employer(alice))
    by_saml(client, alice)
    assert is_in(client)


def test_also_at_the_door_of_the_organization(client: Client, alice: User) -> None:
    ask_for_factor(employer(alice))
    by_saml(client, alice)
    assert client.get("/orgs/employer/").status_code == 200


def test_a_single_factor_does_not_meet_it(client: Client, alice: User) -> None:
    ask_for_factor(employer(alice))
    assert "mfa" in by_saml(client, alice, authn_context=UNSPECIFIED_CONTEXT)["Location"]
    assert not is_in(client)


def test_a_second_factor_of_ones_own_is_spared_there(client: Client, alice: User) -> None:
    give_phone(alice)
    by_saml(client, alice)
    assert is_in(client)


def test_not_where_the_account_is_no_account_of_the_organization(client: Client, alice: User) -> None:
    give_phone(alice)
    employer(alice)
    Domain.across_organizations.update(name="employer.example")
    by_saml(client, alice, attributes={})
    assert not is_in(client)


def test_the_rule_of_another_organization_is_not_met(client: Client, alice: User) -> None:
    other = organizations.create(slug="other", name="Other", owner=None, by=SHELL)
    members.add(organization=other, user=alice, role="member", by=SHELL)
    ask_for_factor(other)
    by_saml(client, alice)
    assert not is_in(client)


def test_staff_show_a_factor_of_their_own(client: Client, alice: User) -> None:
    give_phone(alice)
    make_staff(alice)
    by_saml(client, alice)
    assert not is_in(client)


def test_another_organizations_sign_in_is_not_the_way_that_one_asks_for(client: Client, alice: User) -> None:
    other = organizations.create(slug="other", name="Other", owner=None, by=SHELL)
    members.add(organization=other, user=alice, role="member", by=SHELL)
    Policy.objects.of(other).update(ways=["sso"])
    assert by_saml(client, alice)["Location"] == "/orgs/other-way/"
    Policy.objects.of(other).update(ways=[])
    Policy.objects.of(employer(alice)).update(ways=["sso"])
    by_saml(client, alice)
    assert is_in(client)


def test_a_password_is_not_asked_where_only_the_provider_counts(client: Client, alice: User) -> None:
    by_saml(Client(), alice)
    Policy.objects.of(employer(alice)).update(ways=["sso"])
    page: Any = client.post(
        "/account/login/", {"login": alice.email, "password": "x", "next": "/account/sessions/"}
    )
    assert "/sso/saml/employer-saml/login/?next=%2Faccount%2Fsessions%2F" in page.content.decode()
    assert not is_in(client)


def test_somebody_proves_once_more_at_the_provider(client: Client, alice: User) -> None:
    by_saml(client, alice)
    page = client.post("/account/reauthenticate/organization/employer-saml/", {"next": "/account/sessions/"})
    assert "SAMLRequest" in page.content.decode()


def test_signed_in_by_password_the_door_opens_after_the_provider(client: Client, alice: User) -> None:
    """Without signing out first: the rule of an organization that the site does not vouch for holds at its door."""
    organization = employer(alice)
    Organization.objects.update(is_trusted=False)
    client.post("/account/login/", {"login": alice.email, "password": PASSWORD})
    Policy.objects.of(organization).update(ways=["sso"])
    assert client.get("/orgs/employer/").status_code == 403
    assert by_saml(client, alice)["Location"] == "/account/"
    assert client.get("/orgs/employer/").status_code == 200


def test_an_old_session_at_the_provider_is_no_fresh_proof(client: Client, alice: User) -> None:
    by_saml(client, alice, authn_instant=-3600)
    assert is_in(client)
    asked = client.get("/account/mfa/app/add/")
    assert asked.status_code == 302
    assert asked["Location"].startswith("/account/reauthenticate/")


def test_a_young_one_is(client: Client, alice: User) -> None:
    by_saml(client, alice)
    assert client.get("/account/mfa/app/add/").status_code == 200
