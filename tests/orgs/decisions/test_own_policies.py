"""Whoever runs the site adds policies of their own; one that is broken opens nothing."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.conf import settings as site
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import translation

from accounts.api.scopes import Scope
from accounts.models import User
from orgs import checks
from orgs.decisions import policies
from orgs.decisions.policies import Condition, Effect, Policy
from orgs.models import Membership, Organization
from tests.api import Program
from tests.identity.test_checks import check
from tests.orgs.decisions.asking import ask, document, question, verdict
from tests.orgs.programs import by_service

MODULE = """
from django.db import OperationalError
from orgs.decisions.conditions import (
    action_is, from_network, has_role, in_organization, is_in_team, proved_by, resource_is, within_hours
)
from orgs.decisions.policies import Condition, Effect, Policy
from orgs.decisions.strength import Strength

def away():
    raise OperationalError

invoices = (resource_is("bill") | resource_is("invoice")) & in_organization("acme")
POLICIES = (
    Policy(
        "invoices-in-office", Effect.PERMIT, "Reviewers see invoices in the office.",
        invoices & action_is("see") & has_role("reviewer")
        & within_hours("08:00", "18:00", zone="UTC", days=["mon"]) & from_network("10.0.0.0/8"),
    ),
    Policy(
        "platform-pays", Effect.PERMIT, "The team Platform pays with a passkey.",
        invoices & action_is("pay") & is_in_team("Platform") & proved_by(Strength.PHISHING_RESISTANT),
    ),
    Policy(
        "frozen", Effect.DENY, "What is frozen is for nobody.",
        Condition(lambda question: question.properties.get("frozen") is not False) & resource_is("invoice")
        & ~has_role("owner"),
    ),
    Policy("away", Effect.PERMIT, "It asks a database.", resource_is("outage") & Condition(lambda question: away())),
    Policy("broken", Effect.PERMIT, "It fails.", resource_is("trap") & Condition(lambda question: 1 / 0)),
)
"""
IN_OFFICE = {"time": "2026-11-02T09:00:00Z", "ip": "10.1.1.1"}


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module of the site's own."""
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "site_rules.py"
    path.write_text(MODULE)
    yield path
    sys.modules.pop("site_rules", None)
    policies.load.cache_clear()


@pytest.fixture
def own(rules: Path, settings: Any) -> None:
    settings.AUTHORIZATION_POLICIES = [*site.AUTHORIZATION_POLICIES, "site_rules.POLICIES"]


def invoice(**properties: Any) -> dict[str, Any]:
    return {"type": "invoice", "id": "7", "properties": {"frozen": False, **properties}}


@pytest.mark.django_db
@pytest.mark.usefixtures("own", "platform")
@pytest.mark.parametrize(
    ("action", "properties", "context", "expected"),
    [
        ("see", {}, IN_OFFICE, "invoices-in-office"),
        ("see", {}, {**IN_OFFICE, "ip": "203.0.113.9"}, "-no_policy"),
        ("see", {}, {**IN_OFFICE, "time": "2026-11-03T09:00:00Z"}, "-no_policy"),
        ("see", {}, {"time": IN_OFFICE["time"]}, "-no_policy"),
        ("pay", {}, IN_OFFICE, "-no_policy"),
        ("pay", {}, {"factor": "phishing-resistant"}, "platform-pays"),
        ("see", {"frozen": True}, IN_OFFICE, "-frozen"),
        ("see", {"frozen": True, "owner": "bob@example.org"}, IN_OFFICE, "-frozen"),
        ("burn", {"owner": "bob@example.org"}, {}, "owner"),
    ],
)
def test_they_are_asked_beside_ours(
    shop: Program, bobs: Membership, action: str, properties: Any, context: Any, expected: str
) -> None:
    assert verdict(ask(shop, bobs.user, action, invoice(**properties), context=context)) == expected


@pytest.mark.django_db
@pytest.mark.usefixtures("own", "platform")
def test_they_are_asked_about_one_organization_alone(bobs: Membership, globex: Organization) -> None:
    other = by_service(globex, Scope.DECISIONS_ASK)
    assert verdict(ask(other, bobs.user, "see", invoice(), context=IN_OFFICE)) == "-subject_unknown"


@pytest.mark.django_db
@pytest.mark.usefixtures("own")
def test_one_that_fails_denies_and_is_written_down(shop: Program, alice: User) -> None:
    resource = {"type": "trap", "id": "1", "properties": {}}
    with structlog.testing.capture_logs() as lines:
        assert verdict(ask(shop, alice, "see", resource)) == "-policy_failed"
    failed = [line for line in lines if line["event"] == "policy_failed"]
    assert [(line["policy"], line["log_level"]) for line in failed] == [("broken", "error")]
    assert verdict(ask(shop, alice, "see", document(owner=str(alice.public_id)))) == "owner"


@pytest.mark.django_db
@pytest.mark.usefixtures("own")
def test_a_database_that_is_away_is_no_answer(shop: Program, alice: User) -> None:
    resource = {"type": "outage", "id": "1"}
    assert shop.post("authorize", question(alice, "see", resource)).status_code == 503


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere.POLICIES", "nowhere.POLICIES cannot be read"),
        ("site_rules", "site_rules cannot be read"),
        ("site_rules.NOTHING", "site_rules.NOTHING cannot be read"),
        ("site_rules.invoices", "site_rules.invoices is no tuple of policies"),
        ("orgs.decisions.built_in.POLICIES", "more than one policy named above-oneself"),
    ],
)
def test_a_path_that_leads_nowhere_stops_the_start(rules: Path, settings: Any, path: str, said: str) -> None:
    settings.AUTHORIZATION_POLICIES = [*site.AUTHORIZATION_POLICIES, path]
    found = checks.check_policies(None)
    assert [error.id for error in found] == ["orgs.E001"]
    assert found[0].msg.startswith("AUTHORIZATION_POLICIES: ")
    assert said in found[0].msg


def test_and_says_so_whoever_starts_it() -> None:
    assert (
        "AUTHORIZATION_POLICIES: nowhere.POLICIES" in check(AUTHORIZATION_POLICIES="nowhere.POLICIES").stderr
    )


@pytest.mark.parametrize(
    "line",
    [
        'from_network("10.0.0.0/99")',
        'within_hours("8", "25:00", zone="UTC")',
        'within_hours("08:00", "18:00", zone="Mars")',
        'within_hours("08:00", "18:00", zone="UTC", days=["someday"])',
    ],
)
def test_a_condition_that_cannot_be_read_stops_it_as_well(rules: Path, line: str) -> None:
    rules.write_text(f"{MODULE}\n{line}\n")
    with pytest.raises(ImproperlyConfigured, match=r"site_rules\.POLICIES cannot be read"):
        policies.load(("site_rules.POLICIES",))


@pytest.mark.parametrize(("name", "words"), [("Office Hours", "x"), ("", "x"), ("office", "")])
def test_a_policy_has_a_name_and_a_sentence(name: str, words: str) -> None:
    with pytest.raises(ValueError, match="a policy has a name"):
        Policy(name, Effect.DENY, words, Condition(lambda question: True))


def test_the_documentation_lists_them_as_they_are() -> None:
    text = (site.ROOT / "docs" / "authorization.md").read_text()
    with translation.override("en"):
        listed = {f"| `{policy.name}` | {policy.effect} | {policy.words} |" for policy in policies.every()}
    assert set(re.findall(r"^\| `[a-z-]+` \| (?:permits|denies) \|.*$", text, re.MULTILINE)) == listed


def test_what_denies_is_asked_first() -> None:
    effects = [policy.effect for policy in policies.every()]
    assert effects == sorted(effects, key=lambda effect: effect is Effect.PERMIT)
    assert set(effects) == set(Effect)


@pytest.mark.django_db
def test_where_it_is_asked_is_published(client: Client) -> None:
    answer = client.get("/.well-known/authzen-configuration")
    here = "http://localhost/api/auth/authorize"
    assert answer.json() == {
        "policy_decision_point": "http://localhost",
        "access_evaluation_endpoint": here,
        "access_evaluations_endpoint": here,
    }
