"""A domain is an organization's own once its DNS says so: asked for real, of a name server on this machine."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import User
from audit.actions import Action
from audit.models import Event
from orgs.actor import SHELL, Actor
from orgs.errors import DomainNotProved, DomainTaken, NoDomain, NotYours, OrganizationProblem
from orgs.flows import domains
from orgs.models import Domain, Membership, Organization
from tests.machines.dns import NameServer
from tests.security.test_races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def dns(settings: Any) -> Iterator[NameServer]:
    with NameServer() as server:
        settings.DNS_SERVERS = [server.place]
        yield server


@pytest.fixture
def claimed(acme: Organization, by_alice: Actor) -> Domain:
    return domains.add(organization=acme, name="acme.example", by=by_alice)


def show(dns: NameServer, domain: Domain, *texts: str) -> None:
    dns.records[domains.record_name(domain)] = [*texts]


def is_proved(domain: Domain) -> bool:
    return Domain.across_organizations.get(pk=domain.pk).verified_at is not None


def events(action: Action) -> list[dict[str, Any]]:
    return [event.data for event in Event.objects.of_action(action)]


# --- What the DNS says ----------------------------------------------------------------------------


def test_the_record_proves_it(dns: NameServer, claimed: Domain, by_alice: Actor) -> None:
    show(dns, claimed, domains.record_value(claimed))
    domains.check(domain=claimed, by=by_alice)
    assert is_proved(claimed)
    assert events(Action.DOMAIN_VERIFY) == [{"domain": "acme.example", "by": "dns"}]
    assert dns.asked == ["_identity-challenge.acme.example"]


def test_it_may_stand_among_others(dns: NameServer, claimed: Domain, by_alice: Actor) -> None:
    show(dns, claimed, "v=spf1 -all", domains.record_value(claimed), "something else")
    domains.check(domain=claimed, by=by_alice)
    assert is_proved(claimed)


def test_proved_once_it_stays_so(dns: NameServer, claimed: Domain, by_alice: Actor) -> None:
    show(dns, claimed, domains.record_value(claimed))
    for _ in range(2):
        domains.check(domain=claimed, by=by_alice)
    assert len(events(Action.DOMAIN_VERIFY)) == 1


def nothing(dns: NameServer, domain: Domain) -> None:
    """No such name."""


def no_text(dns: NameServer, domain: Domain) -> None:
    dns.knows.add(domains.record_name(domain))


def of_another(dns: NameServer, domain: Domain) -> None:
    show(dns, domain, f"{domains.PREFIX}somebody-elses")


def with_more(dns: NameServer, domain: Domain) -> None:
    show(dns, domain, f"{domains.record_value(domain)} ")


def in_part(dns: NameServer, domain: Domain) -> None:
    show(dns, domain, domains.PREFIX)


def in_other_case(dns: NameServer, domain: Domain) -> None:
    show(dns, domain, domains.record_value(domain).swapcase())


def at_the_domain_itself(dns: NameServer, domain: Domain) -> None:
    dns.records[domain.name] = [domains.record_value(domain)]


@pytest.mark.parametrize(
    "say", [nothing, no_text, of_another, with_more, in_part, in_other_case, at_the_domain_itself]
)
def test_anything_else_does_not(
    dns: NameServer, claimed: Domain, by_alice: Actor, say: Callable[[NameServer, Domain], None]
) -> None:
    say(dns, claimed)
    with pytest.raises(DomainNotProved):
        domains.check(domain=claimed, by=by_alice)
    assert not is_proved(claimed)
    assert dns.asked


def test_a_server_that_is_down_keeps_nobody_waiting_for_long(
    dns: NameServer, claimed: Domain, by_alice: Actor, settings: Any
) -> None:
    with NameServer() as other:
        settings.DNS_SERVERS = [other.place]
    began = time.monotonic()
    with pytest.raises(DomainNotProved):
        domains.check(domain=claimed, by=by_alice)
    assert time.monotonic() - began < domains.PATIENCE + 1


def test_the_next_server_is_asked_where_the_first_is_down(
    dns: NameServer, claimed: Domain, by_alice: Actor, settings: Any
) -> None:
    with NameServer() as other:
        settings.DNS_SERVERS = [other.place, dns.place]
    show(dns, claimed, domains.record_value(claimed))
    domains.check(domain=claimed, by=by_alice)
    assert is_proved(claimed)


def test_a_name_too_long_to_be_asked_for_is_not_proved(
    dns: NameServer, acme: Organization, by_alice: Actor
) -> None:
    longest = domains.add(organization=acme, name=".".join(["a" * 60] * 4) + ".example", by=by_alice)
    with pytest.raises(DomainNotProved):
        domains.check(domain=longest, by=by_alice)


# --- Whose it is ----------------------------------------------------------------------------------


def test_each_organization_shows_a_value_of_its_own(
    dns: NameServer, claimed: Domain, globex: Organization, charlie: User
) -> None:
    theirs = domains.add(organization=globex, name="acme.example", by=Actor(charlie))
    show(dns, claimed, domains.record_value(claimed))
    with pytest.raises(DomainNotProved):
        domains.check(domain=theirs, by=Actor(charlie))


def test_whoever_proved_it_first_keeps_it(
    dns: NameServer, claimed: Domain, by_alice: Actor, globex: Organization, charlie: User
) -> None:
    theirs = domains.add(organization=globex, name="acme.example", by=Actor(charlie))
    show(dns, claimed, domains.record_value(claimed), domains.record_value(theirs))
    domains.check(domain=claimed, by=by_alice)
    with pytest.raises(DomainTaken):
        domains.check(domain=theirs, by=Actor(charlie))
    with pytest.raises(DomainTaken):
        domains.vouch(organization=globex, name="acme.example", by=SHELL)
    assert (is_proved(claimed), is_proved(theirs)) == (True, False)
    domains.remove(domain=claimed, by=by_alice)
    domains.check(domain=theirs, by=Actor(charlie))
    assert is_proved(theirs)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_gets_it(
    dns: NameServer, acme: Organization, alice: User, globex: Organization, charlie: User
) -> None:
    owners = [(acme, alice), (globex, charlie)]
    both = [domains.add(organization=org, name="acme.example", by=Actor(who)) for org, who in owners]
    dns.records[domains.record_name(both[0])] = [domains.record_value(one) for one in both]

    def check(domain: Domain, who: User) -> object:
        try:
            return domains.check(domain=domain, by=Actor(who))
        except OrganizationProblem as refusal:
            return type(refusal)

    found = at_once(lambda: check(both[0], alice), lambda: check(both[1], charlie))
    assert sorted(map(str, found)) == sorted(map(str, [None, DomainTaken]))
    assert sorted(map(is_proved, both)) == [False, True]


def test_the_word_of_the_operators_is_enough_and_theirs_alone(
    dns: NameServer, claimed: Domain, acme: Organization, by_alice: Actor
) -> None:
    with pytest.raises(NotYours):
        domains.vouch(organization=acme, name="acme.example", by=by_alice)
    assert not is_proved(claimed)
    domains.vouch(organization=acme, name="acme.example", by=SHELL)
    assert is_proved(claimed)
    assert events(Action.DOMAIN_VERIFY) == [{"domain": "acme.example", "by": "operator", "by_operator": True}]
    assert dns.asked == []


def test_members_cannot_prove_one(dns: NameServer, claimed: Domain, bobs: Membership) -> None:
    show(dns, claimed, domains.record_value(claimed))
    for act in (domains.check, domains.remove):
        with pytest.raises(NotYours):
            act(domain=claimed, by=Actor(bobs.user))
    assert not is_proved(claimed)


# --- Names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("acme.example", "acme.example"),
        (" ACME.Example. ", "acme.example"),
        ("@acme.example", "acme.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("ａｃｍｅ.example", "acme.example"),
    ],
)
def test_one_domain_has_one_spelling(acme: Organization, by_alice: Actor, typed: str, kept: str) -> None:
    for name in (typed, kept):
        assert domains.add(organization=acme, name=name, by=by_alice).name == kept
    assert len(events(Action.DOMAIN_ADD)) == 1


@pytest.mark.parametrize(
    "name",
    [
        "",
        "example",
        "a b.example",
        "acme.example/x",
        "127.0.0.1",
        "-a.example",
        "a..example",
        "x@y.example",
        "*.example",
    ],
)
def test_what_is_no_domain_is_refused(acme: Organization, by_alice: Actor, name: str) -> None:
    with pytest.raises(NoDomain):
        domains.add(organization=acme, name=name, by=by_alice)


@pytest.mark.parametrize("name", [*sorted(domains.PUBLIC_MAIL), "GMAIL.com", "gmail.com."])
def test_domains_of_everybodys_mailboxes_are_refused(acme: Organization, by_alice: Actor, name: str) -> None:
    with pytest.raises(NoDomain):
        domains.add(organization=acme, name=name, by=by_alice)
    with pytest.raises(NoDomain):
        domains.vouch(organization=acme, name=name, by=SHELL)
