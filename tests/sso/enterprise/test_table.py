"""The pages of an organization's own sign-in × who asks × state: the table of tests/orgs, for what this app adds."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from accounts.models import User
from audit import log
from audit.actions import Action, Outcome
from audit.models import Event
from orgs.actor import SHELL
from orgs.flows import domains, teams
from orgs.models import Domain, Organization
from orgs.permissions import Permission
from sso.enterprise import connections, refusals
from sso.enterprise.connections import Brings
from sso.enterprise.urls import connection_urlpatterns, organization_urlpatterns
from sso.models import Connection, GroupRule
from tests.machines.dns import NameServer
from tests.orgs import pages
from tests.orgs.conftest import join, person, signed_in
from tests.orgs.pages import World, cast_of, get, give, post
from tests.outbox import mails
from tests.sso.saml.conftest import connect
from tests.sso.saml.names import PERSISTENT

pytestmark = pytest.mark.django_db


TABLE = [
    get("index"),
    get("new", is_guarded=True),
    post("new", kind="saml", name="Acme", slug="acme-fresh"),
    post("add-domain", name="fresh.example"),
    # Nothing answers for it: back to the page, with the reason.
    post("check-domain", "domain"),
    post("remove-domain", "domain"),
    get("connection", "connection"),
    # Shown again, with what is missing.
    post("provider", "connection", done=200),
    post("by-hand", "connection", done=200),
    post("openid", "connection", done=200),
    post("choices", "connection", name="Other", name_id_format=PERSISTENT),
    post("try", "connection", done=200, is_guarded=False),
    post("add-group", "connection", group="staff", brings="admin"),
    post("remove-group", "connection", "rule"),
    post("roll-key", "connection"),
    # Nothing to be confirmed, or somebody has changed it meanwhile: back to the page.
    post("confirm", "connection", seen="something else"),
    post("remove", "connection"),
]


def world(organization: Organization, slug: str) -> World:
    connection = connect(organization, slug)
    team = teams.create(organization=organization, name="Field", makes_admin=False, roles=[], by=SHELL)
    rule = connections.add_group(connection=connection, group="field", brings=Brings(team=team), by=SHELL)
    domain = domains.add(organization=organization, name=f"{slug}.example", by=SHELL)
    return World("sso-organization", organization, {"connection": slug, "rule": rule.pk, "domain": domain.pk})


@pytest.fixture
def acmes(acme_org: Organization, settings: Any) -> Iterator[World]:
    with NameServer() as empty:
        settings.DNS_SERVERS = [empty.place]
        yield world(acme_org, "acme-sso")


@pytest.fixture
def cast(acme_org: Organization, alice: User, bob: User, charlie: User, admin: User) -> dict[str, Client]:
    join(acme_org, bob)
    return cast_of(acme_org, owner=alice, member=bob, outsider=charlie, staff=admin)


def test_the_table(acmes: World, cast: dict[str, Client]) -> None:
    pages.opens_to_whom_it_says(TABLE, acmes, cast)


def test_the_table_names_every_address() -> None:
    patterns = [*organization_urlpatterns, *connection_urlpatterns]
    assert {row.name for row in TABLE} == {one.name for one in patterns if isinstance(one, URLPattern)}


def test_the_outsider_sees_the_same_as_where_there_is_nothing(acmes: World, charlie: User) -> None:
    pages.looks_like_nothing_to(charlie, TABLE, acmes)


def test_what_another_organization_has_is_nowhere(acmes: World, globex: Organization, alice: User) -> None:
    pages.is_nowhere(TABLE, acmes, world(globex, "globex-sso"), alice)


def test_nor_can_its_teams_be_named_in_a_rule(acmes: World, globex: Organization, alice: User) -> None:
    theirs = teams.create(organization=globex, name="Theirs", makes_admin=True, roles=[], by=SHELL)
    path = acmes.path(post("add-group", "connection"))
    answer = signed_in(alice).post(path, {"group": "g", "brings": f"team-{theirs.pk}"})
    assert answer.status_code == 200
    assert GroupRule.objects.of(acmes.organization).count() == 1


def test_what_changes_something_asks_once_more_who_it_is(acmes: World, alice: User) -> None:
    pages.asks_once_more_who_it_is(TABLE, acmes, alice)


def test_a_refused_action_leaves_evidence(acmes: World, bob: User) -> None:
    join(acmes.organization, bob)
    signed_in(bob).post(acmes.path(post("remove", "connection")))
    event = Event.objects.of_action(Action.ORGANIZATION_REFUSE).get()
    assert (event.outcome, event.actor) == (Outcome.REFUSED, bob.public_id)
    assert event.data == {"reason": "organization_permission_missing", "page": "sso-organization:remove"}
    assert Connection.objects.of(acmes.organization).exists()


def test_the_other_owners_hear_of_a_change(acmes: World, alice: User, bob: User) -> None:
    join(acmes.organization, bob, "owner")
    mails().delete()
    signed_in(alice).post(acmes.path(post("roll-key", "connection")))
    assert mails(message="organization_sso_changed").get().recipient == bob.email


def test_nobody_gives_by_a_group_what_they_could_not_give(acmes: World) -> None:
    """Somebody who may set up the sign-in, and nothing else."""
    chosen = join(acmes.organization, person("otto"))
    give(chosen, [Permission.SSO_MANAGE])
    client = signed_in(chosen.user)
    answer = client.post(acmes.path(post("add-group", "connection")), {"group": "g", "brings": "admin"})
    assert answer.status_code == 302
    assert GroupRule.objects.of(acmes.organization).count() == 1


def test_a_trial_that_was_refused_is_shown_as_well(acmes: World, alice: User) -> None:
    for action in (Action.SIGN_IN_REFUSE, Action.CONNECTION_REFUSE):
        log.record(
            action,
            outcome=Outcome.REFUSED,
            organization=acmes.organization.public_id,
            data={"provider": "acme-sso", "reason": "audience"},
        )
    connection = Connection.objects.of(acmes.organization).get()
    assert [found.reason for found in refusals.latest(connection)] == ["audience", "audience"]


def test_a_domain_is_shown_with_its_record_until_it_is_proved(acmes: World, alice: User) -> None:
    client, path = signed_in(alice), acmes.path(get("index"))
    domain = Domain.objects.of(acmes.organization).get()
    assert domains.record_value(domain) in client.get(path).text
    domains.vouch(organization=acmes.organization, name=domain.name, by=SHELL)
    assert domains.record_value(domain) not in client.get(path).text


def test_the_dns_is_asked_so_often_and_no_more(acmes: World, alice: User, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "domain-check.organization": "2/10m"}
    client, path = signed_in(alice), acmes.path(post("check-domain", "domain"))
    assert [client.post(path).status_code for _ in range(3)] == [302, 302, 429]


def test_the_same_group_brings_the_same_once(acmes: World, alice: User) -> None:
    client, path = signed_in(alice), acmes.path(post("add-group", "connection"))
    for _ in range(2):
        assert client.post(path, {"group": "staff", "brings": "admin"}).status_code == 302
    assert GroupRule.objects.of(acmes.organization).filter(group="staff").count() == 1


def test_choices_of_saml_are_offered_for_saml_alone(acmes: World, alice: User) -> None:
    client, path = signed_in(alice), acmes.path(get("connection", "connection"))
    assert "Our requests are signed" in client.get(path).text
    Connection.objects.of(acmes.organization).update(
        kind="openid", issuer="https://id.example", client_id="x"
    )
    assert "Our requests are signed" not in client.get(path).text
    chosen = acmes.path(post("choices", "connection"))
    assert client.post(chosen, {"name": "Other", "trusted_contexts": "mfa"}).status_code == 302
    connection = Connection.objects.of(acmes.organization).get()
    assert (connection.trusted_contexts, connection.signs_requests) == (["mfa"], True)
