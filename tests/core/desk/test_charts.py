"""Drawings are attributes and classes, and their numbers are there to be read as well."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.template.loader import render_to_string

from core.desk import charts, figures
from core.desk.charts import Share
from core.desk.figures import Line
from core.desk.permissions import Reach, SitePermission

DAY = date(2026, 11, 1)


class Holder:
    def __init__(self, *held: SitePermission) -> None:
        self.held = held

    def reach(self, permission: SitePermission) -> Reach:
        return Reach(everywhere=permission in self.held)


VIEWER = Holder(SitePermission.DASHBOARD_VIEW)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch, db: Any) -> Any:
    """No figures but those of the test, and nothing kept from another."""
    cache.clear()
    monkeypatch.setattr(figures, "_figures", {})
    return figures.register


def test_the_highest_bar_fills_the_height_and_what_is_not_nothing_is_seen() -> None:
    drawn = charts.bars([(DAY + timedelta(days=number), size) for number, size in enumerate([0, 1, 1000])])
    nothing, little, most = drawn.bars
    assert (nothing.height, little.height, most.height) == (
        0,
        1.5,
        charts.HEIGHT - charts.TOP - charts.BOTTOM,
    )
    assert most.y == charts.TOP
    assert drawn.total == 1001
    assert all(bar.x >= 0 and bar.x + bar.width <= charts.WIDTH for bar in drawn.bars)


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(0, 0, 0), (0, 9, 0), (1, 1000, 1), (999, 1000, 99), (5, 5, 100), (1, 2, 50)],
)
def test_a_share_is_neither_nothing_nor_all_before_it_is(part: int, whole: int, percent: int) -> None:
    assert Share("x", part, whole).percent == percent


def test_the_page_has_drawings_with_text_and_no_style_of_its_own(only: Any) -> None:
    today = figures.days()[-1].isoformat()
    only(figures.daily("a", "Sign-ins", lambda: {today: 1234}))
    only(figures.shares("b", "Second step", lambda: [1, 4], lambda found: [Share("All", *found)]))
    only(
        figures.lines("c", "Mails", lambda: 3, lambda found: [Line("failed", str(found), "/x/", is_bad=True)])
    )
    page = render_to_string("admin/dashboard.html", {"figures": figures.figures_for(VIEWER)})
    assert 'role="img" aria-labelledby="a-title a-desc"' in page
    assert len(re.findall("<rect", page)) == figures.DAYS + 2
    assert "1,234" in page
    assert "25 % (1 of 4)" in page
    assert '<a href="/x/">failed</a>' in page
    assert not re.search(r"\sstyle=|<script|<style|\son\w+=", page)


def test_numbers_in_german_do_not_end_up_in_attributes(only: Any) -> None:
    only(
        figures.daily(
            "a", "x", lambda: {day.isoformat(): number for number, day in enumerate(figures.days())}
        )
    )
    shown = figures.figures_for(VIEWER)
    from_german = render_to_string("admin/dashboard.html", {"figures": shown})
    assert not re.search(r'(x|y|width|height)="[\d.]*,', from_german)


def test_figures_are_for_those_who_may_see_them(only: Any) -> None:
    only(figures.daily("a", "x", dict))
    assert figures.figures_for(Holder()) == []
    assert figures.figures_for(object()) == []
    assert len(figures.figures_for(VIEWER)) == 1


def test_a_figure_is_counted_once_in_a_while(only: Any) -> None:
    asked: list[int] = []
    only(figures.lines("a", "x", lambda: asked.append(1) or [1], lambda found: []))  # type: ignore[func-returns-value]
    for _time in range(3):
        figures.figures_for(VIEWER)
    assert asked == [1]


def test_one_that_takes_too_long_does_not_take_the_others_along(only: Any) -> None:
    def fail() -> Any:
        raise OperationalError("canceling statement due to statement timeout")

    only(figures.daily("a", "Slow", fail, 1))
    only(figures.daily("b", "Quick", dict, 2))
    slow, quick = figures.figures_for(VIEWER)
    assert slow.drawing is None
    assert quick.drawing.total == 0
    assert "could not be counted" in render_to_string("admin/dashboard.html", {"figures": [slow]})
