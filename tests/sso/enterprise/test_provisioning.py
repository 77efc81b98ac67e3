"""Whose account an organization's provider opens, and what its groups bring there."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Session, User
from orgs.actor import SHELL
from orgs.flows import members, roles, teams
from orgs.models import Grant, Membership, TeamMember
from sso.models import Connection, GroupRule
from tests.sso.saml.provider import Provider
from tests.sso.saml.test_sign_in import bring, leave, prove, reasons, sign_in

pytestmark = pytest.mark.django_db
MINE = "dora@acme.example"


@pytest.fixture(autouse=True)
def domain(connection: Connection) -> None:
    prove(connection, "acme.example")


@pytest.fixture
def dora(django_user_model: Any) -> User:
    """She has an account already, with a password."""
    user: User = django_user_model.objects.create_user(MINE, "a long password of hers")
    user.emailaddress_set.create(email=MINE, verified=True, primary=True)  # type: ignore[attr-defined]
    return user


def said(**attributes: str | tuple[str, ...]) -> dict[str, Any]:
    found = {name: (value,) if isinstance(value, str) else value for name, value in attributes.items()}
    return {"attributes": {"mail": (MINE,), **found}}


def membership(connection: Connection, user: User) -> Membership:
    return Membership.objects.of(connection.organization).get(user=user)


def test_an_account_that_is_there_is_not_taken(client: Client, idp: Provider, dora: User) -> None:
    found = sign_in(client, idp)
    assert found.status_code == 403
    assert "connect" in found.content.decode()
    assert reasons() == ["known-address"]
    assert not Session.objects.of(dora).exists()


def test_a_member_of_the_organization_is_connected(client: Client, idp: Provider, dora: User) -> None:
    members.add(organization=idp.connection.organization, user=dora, role="member", by=SHELL)
    assert sign_in(client, idp).status_code == 302
    assert Session.objects.of(dora).count() == 1


@pytest.mark.parametrize("role", ["admin", "owner"])
def test_whoever_runs_the_organization_connects_by_themselves(
    client: Client, idp: Provider, dora: User, role: str
) -> None:
    members.add(organization=idp.connection.organization, user=dora, role=role, by=SHELL)
    assert sign_in(client, idp).status_code == 403
    assert not Session.objects.of(dora).exists()


def test_whoever_runs_the_site_is_never_connected_by_it(client: Client, idp: Provider, dora: User) -> None:
    members.add(organization=idp.connection.organization, user=dora, role="member", by=SHELL)
    User.objects.filter(pk=dora.pk).update(is_staff=True)
    assert sign_in(client, idp).status_code == 403


def test_its_owner_may_connect_it(client: Client, idp: Provider, dora: User) -> None:
    assert client.post("/account/login/", {"login": MINE, "password": "a long password of hers"}).has_header(
        "Location"
    )
    page = client.post(f"/account/connections/organization/{idp.connection.slug}/")
    assert "SAMLRequest" in page.content.decode()


@pytest.mark.parametrize("state", ["paused", "gone"])
def test_without_a_membership_nobody_comes_in(client: Client, idp: Provider, state: str) -> None:
    sign_in(client, idp)
    user = User.objects.get(email=MINE)
    if state == "paused":
        Membership.objects.of(idp.connection.organization).filter(user=user).update(
            paused_at="2026-01-01T00:00Z"
        )
    else:
        Membership.objects.of(idp.connection.organization).filter(user=user).delete()
        Connection.across_organizations.update(creates_people=False)
    other = Client()
    assert sign_in(other, idp).status_code == 403
    assert other.get("/account/").status_code == 302


def test_new_people_are_turned_away_where_none_are_made(client: Client, idp: Provider) -> None:
    Connection.across_organizations.update(creates_people=False)
    assert sign_in(client, idp).status_code == 403
    assert not User.objects.filter(email=MINE).exists()


def test_a_closed_site_opens_to_organizations_it_vouches_for(
    client: Client, idp: Provider, settings: Any
) -> None:
    settings.REGISTRATION = "closed"
    organization = idp.connection.organization
    organization.is_trusted = False
    organization.save()
    assert sign_in(client, idp).status_code == 403
    organization.is_trusted = True
    organization.save()
    assert sign_in(Client(), idp).status_code == 302


def test_a_disabled_account_stays_shut(client: Client, idp: Provider) -> None:
    sign_in(client, idp)
    User.objects.filter(email=MINE).update(is_active=False)
    other = Client()
    assert sign_in(other, idp)["Location"] == "/account/inactive/"
    assert other.get("/account/").status_code == 302


def test_the_name_follows(client: Client, idp: Provider) -> None:
    sign_in(client, idp, **said(displayName="Dora Dean"))
    sign_in(Client(), idp, **said(displayName="Dora Dunn"))
    assert User.objects.get(email=MINE).name == "Dora Dunn"


def test_groups_bring_and_take(client: Client, idp: Provider) -> None:
    connection, organization = idp.connection, idp.connection.organization
    crew = teams.create(organization=organization, name="Crew", makes_admin=False, roles=[], by=SHELL)
    clerk = roles.create(organization=organization, name="Clerk", permissions=["members.invite"], by=SHELL)
    for group, brings in (
        ("bosses", {"built_in": "admin"}),
        ("crew", {"team": crew}),
        ("clerks", {"role": clerk}),
    ):
        GroupRule.across_organizations.create(
            organization=organization, connection=connection, group=group, **brings
        )
    sign_in(client, idp, **said(groups=("bosses", "crew", "clerks", "strangers")))
    mine = membership(connection, User.objects.get(email=MINE))
    assert mine.role == "admin"
    assert TeamMember.objects.of(organization).filter(team=crew, membership=mine).exists()
    assert Grant.objects.of(organization).filter(role=clerk, membership=mine).exists()
    sign_in(Client(), idp, **said(groups="clerks"))
    mine = membership(connection, mine.user)
    assert mine.role == "member"
    assert not TeamMember.objects.of(organization).filter(membership=mine).exists()
    assert Grant.objects.of(organization).filter(role=clerk, membership=mine).exists()


def test_an_owner_stays_one(client: Client, idp: Provider) -> None:
    sign_in(client, idp)
    mine = membership(idp.connection, User.objects.get(email=MINE))
    members.change_role(membership=mine, role="owner", own_roles=[], by=SHELL)
    GroupRule.across_organizations.create(
        organization=mine.organization, connection=idp.connection, group="bosses", built_in="admin"
    )
    sign_in(Client(), idp)
    assert membership(idp.connection, mine.user).role == "owner"


def test_begun_at_the_provider_somebody_is_asked_first(client: Client, idp: Provider) -> None:
    assert bring(client, idp, None).status_code == 400
    Connection.across_organizations.update(allow_idp_initiated=True)
    found = bring(client, idp, None)
    page = client.get(found["Location"])
    assert MINE in page.content.decode()
    assert client.get("/account/").status_code == 302
    done = client.post(found["Location"])
    assert (done.status_code, done["Location"]) == (302, "/account/")
    assert client.get("/account/").status_code == 200


def test_that_question_needs_a_proof_of_origin(idp: Provider) -> None:
    Connection.across_organizations.update(allow_idp_initiated=True)
    client = Client(enforce_csrf_checks=True)
    found = bring(client, idp, None)
    assert found.status_code == 303
    assert client.post(found["Location"]).status_code == 403


def test_a_response_to_a_request_is_none_that_nobody_asked_for(client: Client, idp: Provider) -> None:
    """Stolen on its way, it opens nothing in another browser, also where people may begin at the provider."""
    Connection.across_organizations.update(allow_idp_initiated=True)
    found = bring(client, idp, leave(client, idp.connection))
    other = Client()
    assert other.get(found["Location"]).status_code == 400
    assert other.post(found["Location"]).status_code == 400


def test_who_is_turned_away_leaves_everything_as_it_was(client: Client, idp: Provider, dora: User) -> None:
    """An account that nobody proved gives way to its mailbox, but not to somebody who does not come in."""
    dora.emailaddress_set.update(verified=False)  # type: ignore[attr-defined]
    Connection.across_organizations.update(creates_people=False)
    assert sign_in(client, idp).status_code == 403
    assert User.objects.get(pk=dora.pk).has_usable_password()
    assert reasons() == ["not-a-member"]


def test_a_provider_that_changes_its_own_name_brings_the_same_people(client: Client, idp: Provider) -> None:
    sign_in(client, idp)
    idp.connection.idp_entity_id = "https://idp.acme.example/renamed"
    idp.connection.save()
    members.change_role(
        membership=membership(idp.connection, User.objects.get(email=MINE)), role="admin", by=SHELL
    )
    assert sign_in(Client(), idp)["Location"] == "/account/"


@pytest.mark.parametrize("end", ["paused, then left", "removed"])
def test_nobody_comes_back_in_by_it_whom_others_have_put_out(client: Client, idp: Provider, end: str) -> None:
    organization = idp.connection.organization
    organization.is_trusted = True
    organization.save()
    sign_in(client, idp)
    theirs = membership(idp.connection, User.objects.get(email=MINE))
    if end == "removed":
        members.remove(membership=theirs, by=SHELL)
    else:
        members.pause(membership=theirs, by=SHELL)
        client.post("/orgs/acme/leave/")
    found = sign_in(Client(), idp)
    assert found.status_code == 403
    assert reasons() == ["not-a-member"]
    assert not Membership.objects.of(organization).filter(user__email=MINE).exists()
