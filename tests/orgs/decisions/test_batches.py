"""Several questions at once: in order, with common parts, to the first answer that was waited for."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from orgs.models import Membership, Organization, Team
from tests.api import Program, code_in
from tests.orgs.conftest import join, person
from tests.orgs.decisions.asking import about, document, question, verdict
from tests.orgs.programs import by_sign_in
from tests.security.test_races import at_once

pytestmark = pytest.mark.django_db
READ = {"name": "read"}
MINE, OTHERS = document(role="member"), document(role="owner")


def several(program: Program, evaluations: list[Any], **common: Any) -> list[str]:
    answer = program.post("authorize", {**common, "evaluations": evaluations})
    assert answer.status_code == 200, answer.content
    assert answer.json().keys() == {"evaluations"}
    return [verdict(each) for each in answer.json()["evaluations"]]


def test_answers_stand_in_the_order_of_the_questions(shop: Program, bobs: Membership, alice: User) -> None:
    evaluations = [
        question(bobs.user, "read", MINE),
        question(bobs.user, "read", OTHERS),
        question(alice, "read", OTHERS),
        question({"type": "user", "id": "nobody"}, "read", OTHERS),
    ]
    assert several(shop, evaluations) == ["role", "-no_policy", "role", "-subject_unknown"]


def test_what_stands_beside_them_holds_where_nothing_else_is_said(
    shop: Program, bobs: Membership, alice: User
) -> None:
    common = {
        "subject": about(bobs.user),
        "action": READ,
        "resource": document(role="member", factor="two-factors"),
    }
    evaluations = [
        {},
        {"resource": MINE},
        {"context": {"factor": "two-factors"}},
        {"subject": about(alice), "resource": OTHERS},
        {"action": {"name": "members.manage"}, "resource": {"type": "organization", "id": "acme"}},
    ]
    found = several(shop, evaluations, **common)
    assert found == ["-weak-proof", "role", "role", "role", "-no_policy"]


def test_a_part_replaces_the_common_one_as_a_whole(shop: Program, bobs: Membership) -> None:
    common = question(
        bobs.user, "read", document(role="member", factor="one-factor"), context={"factor": "one-factor"}
    )
    assert several(
        shop, [{}, {"context": {}}, {"resource": {"type": "document", "id": "plan"}}], **common
    ) == [
        "role",
        "-weak-proof",
        "-no_policy",
    ]


@pytest.mark.parametrize(
    ("semantic", "expected"),
    [
        ("execute_all", ["role", "role", "-no_policy", "role", "-no_policy"]),
        ("deny_on_first_deny", ["role", "role", "-no_policy"]),
        ("permit_on_first_permit", ["role"]),
    ],
)
def test_the_rest_is_not_looked_at(
    shop: Program, bobs: Membership, semantic: str, expected: list[str]
) -> None:
    evaluations = [{"resource": resource} for resource in (MINE, MINE, OTHERS, MINE, OTHERS)]
    common = {
        "subject": about(bobs.user),
        "action": READ,
        "options": {"evaluations_semantic": semantic, "more": 1},
    }
    assert several(shop, evaluations, **common) == expected


def test_an_answer_that_never_comes_stops_nothing(shop: Program, bobs: Membership) -> None:
    common = {"subject": about(bobs.user), "action": READ}
    for semantic, resource in [("deny_on_first_deny", MINE), ("permit_on_first_permit", OTHERS)]:
        options = {"evaluations_semantic": semantic}
        assert len(several(shop, [{"resource": resource}] * 3, options=options, **common)) == 3


@pytest.mark.parametrize("evaluations", [{}, {"evaluations": []}])
def test_without_any_it_is_a_single_one(shop: Program, bobs: Membership, evaluations: Any) -> None:
    answer = shop.post("authorize", {**question(bobs.user, "read", MINE), **evaluations})
    assert verdict(answer.json()) == "role"


def test_a_hundred_and_no_more(shop: Program, bobs: Membership) -> None:
    common = question(bobs.user, "read", MINE)
    assert several(shop, [{}] * 100, **common) == ["role"] * 100
    answer = shop.post("authorize", {**common, "evaluations": [{}] * 101})
    assert (answer.status_code, code_in(answer)) == (422, "invalid")


@pytest.mark.parametrize("who", ["application", "person"])
def test_a_hundred_questions_take_as_many_statements_as_two(
    shop: Program, acme: Organization, bobs: Membership, platform: Team, who: str
) -> None:
    others = [join(acme, person(f"m{number}")) for number in range(8)]
    program = shop if who == "application" else by_sign_in(bobs.user)
    common = {"subject": about(bobs.user), "context": {"organization": "acme"}}
    asked = [
        {"action": {"name": "members.view"}, "resource": {"type": "member", "id": str(other.user.public_id)}}
        for other in others
    ] + [{"action": {"name": "teams.manage"}, "resource": {"type": "team", "id": str(platform.pk)}}]
    counts = []
    for evaluations in (asked[-2:], asked[-2:], (asked * 12)[:100]):
        with CaptureQueriesContext(connection) as queries:
            several(program, evaluations, **common)
        counts.append(len(queries))
    assert counts[1] == counts[2] <= 7, [query["sql"] for query in queries]


def test_so_do_many_subjects(shop: Program, acme: Organization) -> None:
    everybody = [join(acme, person(f"m{number}")).user for number in range(10)]
    common = {"action": READ, "resource": MINE}
    several(shop, [{"subject": about(everybody[0])}], **common)
    counts = []
    for people in (everybody[:1], everybody):
        with CaptureQueriesContext(connection) as queries:
            assert several(shop, [{"subject": about(user)} for user in people], **common) == ["role"] * len(
                people
            )
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_what_each_would_get_alone(shop: Program, bobs: Membership, alice: User) -> None:
    evaluations = [question(who, "read", OTHERS) for who in (bobs.user, alice) * 10]
    found = at_once(*[lambda: several(Program(shop.access), evaluations) for _ in range(6)])
    assert found == [["-no_policy", "role"] * 10] * 6
