"""A person asks about themselves, where they are a member, and is judged by what this sign-in has shown."""

from typing import Any

import pytest

from accounts.api.scopes import Scope
from accounts.models import User
from accounts.sign_in.allauth_compat import METHODS_KEY
from orgs.actor import SHELL
from orgs.flows import members
from orgs.models import Membership, Organization, Policy
from tests.api import Program
from tests.orgs.decisions.asking import ask, document, question, verdict
from tests.orgs.programs import by_key, by_service, by_sign_in
from tokens.models import Family

pytestmark = pytest.mark.django_db
HERE = {"organization": "acme"}


@pytest.fixture
def program(bobs: Membership) -> Program:
    return by_sign_in(bobs.user)


def test_they_ask_about_themselves(program: Program, bobs: Membership) -> None:
    assert verdict(ask(program, bobs.user, "organization.view", "organization:acme")) == "permission"
    assert verdict(ask(program, bobs.user, "organization.close", "organization:acme")) == "-no_policy"
    assert (
        verdict(
            ask(program, {"type": "user", "id": bobs.user.email}, "read", document(role="member", **HERE))
        )
        == "role"
    )


def test_and_about_nobody_else(program: Program, alice: User, charlie: User, acme: Organization) -> None:
    service = {"type": "service-account", "id": str(alice.public_id)}
    nobody = {"type": "user", "id": "00000000-0000-4000-8000-000000000000"}
    found = [
        ask(program, who, "organization.view", "organization:acme")
        for who in (alice, charlie, service, nobody)
    ]
    assert all(answer == found[0] for answer in found)
    assert verdict(found[0]) == "-subject_unknown"


def test_an_organization_has_to_be_named(program: Program, bobs: Membership) -> None:
    assert verdict(ask(program, bobs.user, "read", document(role="member"))) == "-organization_not_named"
    assert verdict(ask(program, bobs.user, "read", document(role="member"), context=HERE)) == "role"
    assert verdict(ask(program, bobs.user, "read", document(role="member", **HERE))) == "role"


def test_one_of_others_is_none(program: Program, bobs: Membership, globex: Organization) -> None:
    found = [
        ask(program, bobs.user, "organization.view", f"organization:{name}")
        for name in ("globex", str(globex.public_id), "nowhere")
    ]
    assert all(answer == found[0] for answer in found)
    assert verdict(found[0]) == "-organization_unknown"


def test_nor_can_two_be_named_at_once(program: Program, bobs: Membership, globex: Organization) -> None:
    members.add(organization=globex, user=bobs.user, role="admin", by=SHELL)
    answer = ask(program, bobs.user, "members.manage", "organization:globex", context=HERE)
    assert verdict(answer) == "-organization_unknown"


@pytest.mark.parametrize("name", [7, None, True, ["acme"], {"slug": "acme"}])
def test_a_name_is_a_text(program: Program, bobs: Membership, name: Any) -> None:
    answer = ask(program, bobs.user, "read", document(role="member"), context={"organization": name})
    assert verdict(answer) == "-organization_unknown"


def test_what_they_say_of_themselves_counts_for_nothing(program: Program, bobs: Membership) -> None:
    said = {
        **HERE,
        "factor": "phishing-resistant",
        "amr": ["mfa"],
        "ip": "10.0.0.1",
        "time": "2026-11-02T10:00:00Z",
    }
    for properties, expected in [
        ({"factor": "two-factors"}, "-weak-proof"),
        ({"factor": "one-factor"}, "role"),
        ({"networks": ["10.0.0.0/8"]}, "-outside-networks"),
        ({"networks": ["127.0.0.0/8"]}, "role"),
    ]:
        answer = ask(program, bobs.user, "read", document(role="member", **properties), context=said)
        assert verdict(answer) == expected


@pytest.mark.parametrize(
    ("method", "expected"), [("totp", "-weak-proof"), ("passkey", "role"), ("sso", "-weak-proof")]
)
def test_what_their_sign_in_has_shown_does(bobs: Membership, method: str, expected: str) -> None:
    program = by_sign_in(bobs.user, method=method)
    resource = document(role="member", factor="phishing-resistant", **HERE)
    assert verdict(ask(program, bobs.user, "read", resource)) == expected


def test_a_provider_that_is_believed_brings_two_factors(
    program: Program, bobs: Membership, acme: Organization
) -> None:
    family = Family.objects.get(user=bobs.user)
    family.state[METHODS_KEY][0] |= {"method": "sso", "two_factors": str(acme.public_id)}
    family.save()
    for factor, expected in [("two-factors", "role"), ("phishing-resistant", "-weak-proof")]:
        resource = document(role="member", factor=factor, **HERE)
        assert verdict(ask(program, bobs.user, "read", resource)) == expected


def test_a_key_asks_as_well_and_has_shown_nothing(bobs: Membership) -> None:
    program = by_key(bobs.user, Scope.DECISIONS_ASK)
    assert verdict(ask(program, bobs.user, "organization.view", "organization:acme")) == "permission"
    resource = document(role="member", factor="one-factor", **HERE)
    assert verdict(ask(program, bobs.user, "read", resource)) == "-weak-proof"


def test_whom_the_door_keeps_out_may_nothing_inside(
    program: Program, bobs: Membership, acme: Organization
) -> None:
    def view() -> str:
        return verdict(ask(program, bobs.user, "organization.view", "organization:acme"))

    Policy.objects.of(acme).update(ways=["sso"])
    assert view() == "-organization_sign_in"
    Policy.objects.of(acme).update(ways=[])
    members.pause(membership=bobs, by=SHELL)
    assert view() == "-membership_paused"
    members.resume(membership=bobs, by=SHELL)
    Organization.objects.filter(pk=acme.pk).update(status="suspended")
    assert view() == "-organization_suspended"
    Organization.objects.filter(pk=acme.pk).update(status="closed")
    assert view() == "-organization_unknown"


def test_what_is_for_those_who_look_after_it_they_are_not_told(program: Program, bobs: Membership) -> None:
    assert "reason_admin" not in ask(program, bobs.user, "organization.view", "organization:acme")["context"]


def test_the_person_is_asked_about_and_not_their_credential(acme: Organization, alice: User) -> None:
    program = by_sign_in(alice, scope=Scope.DECISIONS_ASK)
    assert verdict(ask(program, alice, "organization.close", "organization:acme")) == "permission"


def test_the_same_person_asked_about_by_an_application(acme: Organization, alice: User) -> None:
    shop = by_service(acme, Scope.DECISIONS_ASK)
    asked = question(alice, "members.manage", "organization:acme")
    answers = [program.post("authorize", asked).json() for program in (shop, by_sign_in(alice))]
    assert [verdict(answer) for answer in answers] == ["permission", "permission"]
