"""Lists by keyset: every row once, in order, wherever one begins, and no more queries the deeper one goes."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from django.contrib.admin import AdminSite
from django.core.exceptions import BadRequest
from django.test import RequestFactory

from core.desk import counting, filters, lists, search
from core.desk.keyset import Order
from core.desk.lists import FastList, KeysetList
from core.models import OutboxMessage

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 1, tzinfo=UTC)


class Mails(FastList):
    order = ("-created_at", "-pk")
    list_display = ("recipient", "state")
    list_filter = (
        "state",
        filters.days("created_at", "day"),
        filters.typed("to", "to", search.beginning("recipient")),
    )
    finds = (search.domain("recipient"), search.beginning("recipient"))
    list_per_page = 3

    def may_export(self, request: Any) -> bool:
        return True


@pytest.fixture
def mails() -> Mails:
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            message="verify_email",
            **dict.fromkeys(["subject", "text", "html"], "Hello"),
            recipient=f"person{number}@{'a' if number % 2 else 'b'}.example",
            # In pairs of the same moment.
            created_at=START + timedelta(days=number // 2),
        )
        for number in range(10)
    )
    return Mails(OutboxMessage, AdminSite())


def request(query: str = "", **data: str) -> Any:
    made = RequestFactory().post(f"/?{query}", data) if data else RequestFactory().get(f"/?{query}")
    made.user = SimpleNamespace(
        has_perm=lambda *asked: True, is_active=True, is_staff=True, public_id=UUID(int=1)
    )
    return made


def page(mails: Mails, query: str = "") -> KeysetList:
    found = mails.get_changelist_instance(request(query.removeprefix("?")))
    assert isinstance(found, KeysetList)
    return found


def walk(mails: Mails, query: str, link: str) -> list[list[str]]:
    pages = []
    for _number in range(10):
        found = page(mails, query)
        pages.append([row.recipient.partition("@")[0].removeprefix("person") for row in found.result_list])
        query = getattr(found, link)
        if not query:
            break
    return pages


DOWN = [["9", "8", "7"], ["6", "5", "4"], ["3", "2", "1"], ["0"]]
UP = [["2", "1", "0"], ["5", "4", "3"], ["8", "7", "6"], ["9"]]


@pytest.mark.parametrize("few", [0, 1000])
def test_every_row_comes_once_in_both_directions(
    mails: Mails, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(lists, "EXACT", few)
    assert walk(mails, "", "older") == DOWN
    assert walk(mails, page(mails).oldest, "newer") == UP


def test_what_is_narrowed_down_stays_so_on_the_next_page(mails: Mails) -> None:
    assert walk(mails, "q=@a.example", "older") == [["9", "7", "5"], ["3", "1"]]
    assert walk(mails, "to=person1", "older") == [["1"]]
    assert parse_qs(page(mails, "q=@a.example").older[1:])["q"] == ["@a.example"]


def test_another_filter_begins_at_the_top(mails: Mails) -> None:
    second = page(mails, page(mails).older)
    assert "before" not in second.get_query_string({"state": "sent"})
    assert "before" not in second.params


@pytest.mark.parametrize("text", ["x", "bnVsbA", "W10", "W3RydWUsMV0", "a" * 5000, "é"])
def test_a_place_that_is_none_is_refused(mails: Mails, text: str) -> None:
    with pytest.raises(BadRequest):
        page(mails, f"before={text}")


@pytest.mark.parametrize(
    ("day", "number"),
    [("2026-11", 10), ("2026-11-02", 2), ("2026-11-02..2026-11-03", 4), ("..2026-11-01", 2), ("2026-10", 0)],
)
def test_days_are_chosen_by_month_day_and_range(mails: Mails, day: str, number: int) -> None:
    assert page(mails, f"created_at_day={day}").count.number == number


def test_two_fields_of_a_form_are_a_range(mails: Mails) -> None:
    assert page(mails, "created_at_day=2026-11-02&created_at_day=2026-11-02").count.number == 2
    assert page(mails, "created_at_day=&created_at_day=").count.number == 10


def test_days_in_the_wrong_order_are_said_to_be_so(mails: Mails) -> None:
    assert page(mails, "created_at_day=2026-11-03&created_at_day=2026-11-02").notes != []
    assert page(mails, "created_at_day=2026-11-02&created_at_day=2026-11-02").notes == []


@pytest.mark.parametrize("day", ["2026-13", "yesterday", "2026-02-30", "9999-12-31"])
def test_a_day_that_is_none_is_refused(mails: Mails, day: str) -> None:
    with pytest.raises(BadRequest):
        page(mails, f"created_at_day={day}")


def test_pages_cost_two_queries(mails: Mails, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        found = page(mails, "state=queued")
    with django_assert_num_queries(2):
        page(mails, found.older)


def test_many_are_estimated_and_not_counted(mails: Mails, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "estimated", lambda rows: counting.Count(1_230_000, is_exact=False))
    assert str(page(mails).count) == "about 1,230,000"
    monkeypatch.setattr(lists, "EXACT", 4)
    assert str(page(mails, "state=queued").count) == "more than 4"


def exported(mails: Mails, wanted: str, query: str = "") -> str:
    answer = mails.export_view(request(query, format=wanted))
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def test_an_export_has_the_rows_of_the_list_as_it_is_narrowed_down(
    mails: Mails, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.desk.exports.BATCH", 2)
    lines = exported(mails, "csv", "q=@a.example").splitlines()
    assert lines[0] == "\ufeffpk,recipient,state"
    assert [line.split(",")[1] for line in lines[1:]] == [
        f"person{number}@a.example" for number in (9, 7, 5, 3, 1)
    ]
    rows = [json.loads(line) for line in exported(mails, "ndjson").splitlines()]
    assert len(rows) == 10
    assert rows[0].keys() == {"pk", "recipient", "state"}


def test_a_format_that_is_not_offered_is_refused(mails: Mails) -> None:
    with pytest.raises(BadRequest):
        exported(mails, "xls")


def test_an_order_goes_up_as_well(mails: Mails) -> None:
    order = Order(OutboxMessage, ("recipient", "pk"))
    first = list(order.past(OutboxMessage.objects.all(), None)[:4])
    found = list(order.past(OutboxMessage.objects.all(), order.position_of(first[1]))[:2])
    assert found == first[2:]
