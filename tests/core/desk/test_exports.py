"""What is taken away opens in a spreadsheet as what it is: text."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from core.desk import exports

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    " =1",
    "\u00a0@SUM(A1)",
    "＝1",
    '=HYPERLINK("https://evil.example")',
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text(text: str) -> None:
    assert exports.cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\t=1", "'\t'=1"),
        ("\r1", "'\r1"),
        ("x;=1", "x;'=1"),
        ("x; -1", "x;' -1"),
        ("x\n\n=1", "x\n\n'=1"),
        ("a; b-c", "a; b-c"),
    ],
)
def test_nor_is_there_one_where_a_spreadsheet_takes_the_file_apart_elsewhere(text: str, shown: str) -> None:
    """Where numbers have a comma, at semicolons; and a quoted line break is one there."""
    assert exports.cell(text) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        (-5, -5),
        ("a=1", "a=1"),
        (["x"], '["x"]'),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
    ],
)
def test_other_values_are_what_they_are(value: Any, shown: Any) -> None:
    assert exports.cell(value) == shown


def test_a_cell_with_everything_in_it_stays_one_cell() -> None:
    nasty = '=a,"b"\r\nc;d'
    text = "".join(exports.as_csv(["x", "y"], [{"x": nasty, "y": "é"}]))
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert rows == [["x", "y"], [f"'{nasty}", "é"]]


def test_a_line_of_json_is_one_line() -> None:
    assert "".join(exports.as_ndjson(["x"], [{"x": "a\nb"}, {"x": None}])) == '{"x": "a\\nb"}\n{"x": null}\n'
