"""With ten thousand members no page takes ten statements."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from orgs.models import Membership, Organization, TeamMember
from tests.orgs.conftest import signed_in
from tests.orgs.programs import by_sign_in
from tests.orgs.test_api_table import TABLE as OPERATIONS
from tests.orgs.test_api_table import path as api_path
from tests.orgs.test_table import TABLE, World, world

BUDGET = 8


@pytest.fixture
def crowd(acme: Organization) -> World:
    made = world(acme, "mona")
    users = User.objects.bulk_create(
        User(email=f"m{number:05}@example.com", name=f"Member {number}", password="!")
        for number in range(10_000)
    )
    memberships = Membership.across_organizations.bulk_create(
        Membership(organization=acme, user=user) for user in users
    )
    TeamMember.across_organizations.bulk_create(
        TeamMember(organization=acme, team_id=made.ids["team"], membership=row) for row in memberships[:5000]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return made


def cost(client: Client, path: str) -> tuple[Any, int]:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    return answer, len(queries)


@pytest.mark.django_db
def test_every_page_stays_within_its_budget(crowd: World, alice: User) -> None:
    client = signed_in(alice)
    client.get("/orgs/acme/")
    found = {}
    for row in TABLE:
        if not row.is_post:
            answer, found[row.name] = cost(client, crowd.path(row))
            assert answer.status_code == 200
    assert {name: count for name, count in found.items() if count > BUDGET} == {}


@pytest.mark.django_db
def test_searching_and_paging_walks_through_all_of_them(crowd: World, alice: User) -> None:
    client = signed_in(alice)
    seen: list[str] = []
    query = "q=m000"
    while query:
        answer, count = cost(client, f"/orgs/acme/members/?{query}")
        assert count <= BUDGET
        seen += [row.user.email for row in answer.context["rows"]]
        query = answer.context["following"]
    assert seen == [f"m{number:05}@example.com" for number in range(100)]
    answer = client.get("/orgs/acme/members/?team=" + str(crowd.ids["team"]) + "&role=member&state=active")
    assert answer.context["total"] == 5001
    assert client.get("/orgs/acme/members/?state=paused").context["total"] == 0
    assert client.get("/orgs/acme/members/?role=emperor").context["total"] == 0


@pytest.mark.django_db
def test_a_program_walks_through_them_as_well(crowd: World, alice: User) -> None:
    program, seen, after = by_sign_in(alice), [], ""
    while after is not None:
        query = {"q": "m000", "limit": "40", **({"after": after} if after else {})}
        with CaptureQueriesContext(connection) as queries:
            page = program.get("orgs/acme/members", **query).json()
        assert len(queries) <= BUDGET
        seen += [row["email"] for row in page["members"]]
        after = page["next"]
    assert seen == [f"m{number:05}@example.com" for number in range(100)]
    whole = program.get("orgs/acme/members", team=str(crowd.ids["team"]), state="active").json()
    assert (len(whole["members"]), whole["total"]) == (100, 5001)


@pytest.mark.django_db
def test_no_read_of_a_program_takes_more(crowd: World, alice: User) -> None:
    program, found = by_sign_in(alice), {}
    reads = [row for row in OPERATIONS if row.method == "get" and row.name.startswith("orgs-api")]
    for row in reads:
        with CaptureQueriesContext(connection) as queries:
            assert program.get(api_path(crowd, row)).status_code == 200
        found[str(row)] = len(queries)
    assert {name: count for name, count in found.items() if count > BUDGET} == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["q=%00", "after=%00", "after=%ff", "q=%ed%a0%80", "team=x", "after=" + "a" * 3000]
)
def test_no_query_breaks_the_list(acme: Organization, alice: User, query: str) -> None:
    assert signed_in(alice).get(f"/orgs/acme/members/?{query}").status_code in (200, 400)
