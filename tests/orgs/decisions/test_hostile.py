"""Whatever is sent: what is no question is refused, and what is one is answered; nothing fails."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from accounts.api.scopes import Scope
from accounts.models import User
from orgs.actor import SHELL
from orgs.flows import organizations
from orgs.models import Membership, Organization
from tests.api import API, Program, code_in
from tests.kept import kept
from tests.orgs.conftest import person
from tests.orgs.decisions.asking import ask, document, question, verdict
from tests.orgs.programs import by_service

pytestmark = pytest.mark.django_db
SOMEBODY = {"type": "user", "id": "6f1c9f0e-8a3b-4c52-9b7d-2f4f6f0d1a11"}
GOOD = question(SOMEBODY, "read", document())
ODD: list[Any] = [
    None,
    True,
    7,
    1.5,
    "",
    "x" * 300,
    [],
    ["a"],
    {},
    {"a": {"b": []}},
    "\u202enimda",
    "' OR 1=1 --",
    -(2**70),
]


Made = tuple[User, Organization, str]


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Callable[[], Made]]:
    """Alice, Acme, and the token of Acme's shop."""

    def make() -> Made:
        alice = person("alice")
        acme = organizations.create(slug="acme", name="Acme Lamps", owner=alice, by=SHELL)
        return alice, acme, by_service(acme, Scope.DECISIONS_ASK, name="Shop").access

    with kept(django_db_blocker, make) as copied:
        yield copied


@pytest.fixture
def alice(db: None, made: Callable[[], Made]) -> User:
    return made()[0]


@pytest.fixture
def acme(db: None, made: Callable[[], Made]) -> Organization:
    return made()[1]


@pytest.fixture
def shop(db: None, made: Callable[[], Made]) -> Program:
    return Program(made()[2])


def refused_fields(answer: Any) -> set[str]:
    assert (answer.status_code, code_in(answer)) == (422, "invalid")
    return {error["field"] for error in answer.json()["errors"]}


@pytest.mark.parametrize("part", ["subject", "action", "resource"])
def test_a_question_has_three_parts(shop: Program, part: str) -> None:
    rest = {name: value for name, value in GOOD.items() if name != part}
    assert refused_fields(shop.post("authorize", rest)) == {part}
    assert refused_fields(shop.post("authorize", {**rest, "evaluations": [{}]})) == {f"evaluations.0.{part}"}


@pytest.mark.parametrize("value", [None, True, 7, "user", [], ["type"], {}, {"type": "user"}, {"id": "x"}])
@pytest.mark.parametrize("part", ["subject", "resource"])
def test_a_part_is_an_object_with_its_members(shop: Program, part: str, value: Any) -> None:
    assert refused_fields(shop.post("authorize", {**GOOD, part: value}))


@pytest.mark.parametrize("value", [None, True, 7, "", " ", [], {}, "x" * 101])
def test_a_type_and_a_name_are_texts(shop: Program, value: Any) -> None:
    for asked, field in [
        ({"subject": {**SOMEBODY, "type": value}}, "subject.type"),
        ({"action": {"name": value}}, "action.name"),
        ({"resource": {"type": value, "id": "1"}}, "resource.type"),
    ]:
        assert refused_fields(shop.post("authorize", {**GOOD, **asked})) == {field}


@pytest.mark.parametrize(
    "more",
    [
        {"context": []},
        {"context": "now"},
        {"evaluations": {}},
        {"evaluations": "all"},
        {"evaluations": [None]},
        {"evaluations": [[]]},
        {"evaluations": [{"evaluations": []}]},
        {"evaluations": [{"subject": {"type": "user", "id": ["a"]}}]},
        {"options": []},
        {"options": {"evaluations_semantic": "first"}},
        {"options": {"evaluations_semantic": ["execute_all"]}},
        {"subject": {**SOMEBODY, "properties": []}},
        {"subject": {**SOMEBODY, "role": "owner"}},
        {"action": {"name": "read", "properties": 1}},
        {"decision": True},
    ],
)
def test_other_shapes_are_refused(shop: Program, more: dict[str, Any]) -> None:
    assert refused_fields(shop.post("authorize", {**GOOD, **more}))


@pytest.mark.parametrize("value", ODD)
def test_what_an_application_says_of_itself_may_be_anything(
    shop: Program, bobs: Membership, value: Any
) -> None:
    names = ("owner", "team", "role", "hours", "networks", "factor", "nonsense")
    for name in names:
        found = verdict(ask(shop, bobs.user, "read", document(**{name: value})))
        assert found.startswith("-"), (name, found)
    context = dict.fromkeys(("time", "ip", "factor", "amr", "nonsense"), value)
    closed = document(owner=str(bobs.user.public_id), hours={}, networks=[], factor="one-factor")
    assert verdict(ask(shop, bobs.user, "read", closed, context=context)).startswith("-")


@pytest.mark.parametrize("value", [1, 0, True, ["bob"], {"id": "bob"}])
def test_an_owner_is_a_text(shop: Program, bobs: Membership, value: Any) -> None:
    assert verdict(ask(shop, bobs.user, "read", document(owner=value))) == "-no_policy"


@pytest.mark.parametrize("name", ["0", "-1", "+1", " 1x", "1e3", "٣", "9" * 19, "1.0", "0x1", "true"])
def test_a_number_of_a_team_is_written_as_one(shop: Program, alice: User, name: str) -> None:
    assert verdict(ask(shop, alice, "teams.manage", f"team:{name}")) == "-resource_unknown"


def test_the_truth_is_no_team(shop: Program, bobs: Membership) -> None:
    assert verdict(ask(shop, bobs.user, "read", document(team=True))) == "-no_policy"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ('{"subject": {"type": "user", "type": "service-account", "id": "x"}}', 400),
        ('{"context": ' + '{"a": ' * 60 + "1" + "}" * 60 + "}", 400),
        ('{"context": {"a": NaN}}', 400),
        ('{"context": {"a": "\\u0000"}}', 400),
        ('{"context": {"a": "\\ud800"}}', 400),
        ('{"context": "' + "x" * 70_000 + '"}', 413),
        ("[]", 422),
        ('"x"', 422),
        ("null", 422),
    ],
)
def test_a_body_that_is_none(shop: Program, body: str, status: int) -> None:
    answer = shop.client.post(
        f"{API}authorize",
        body,
        content_type="application/json",
        headers={"authorization": f"Bearer {shop.access}"},
    )
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_only_as_json(shop: Program) -> None:
    headers = {"authorization": f"Bearer {shop.access}"}
    answer = shop.client.post(f"{API}authorize", {"subject": "x"}, headers=headers)
    assert answer.status_code == 415


def test_a_denial_is_an_answer_and_its_name_comes_back(shop: Program) -> None:
    answer = shop.post("authorize", GOOD, **{"x-request-id": "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"})
    assert (answer.status_code, answer.json()["decision"]) == (200, False)
    assert answer["X-Request-Id"] == "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"


@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 201])
def test_a_name_that_is_none_does_not(shop: Program, name: str) -> None:
    found = shop.post("authorize", GOOD, **{"x-request-id": name})["X-Request-Id"]
    assert found != name
    assert len(found) == 16


def test_it_is_limited_as_reading_is(shop: Program, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api.changes": "1/1m"}
    assert [shop.post("authorize", GOOD).status_code for _ in range(3)] == [200] * 3
