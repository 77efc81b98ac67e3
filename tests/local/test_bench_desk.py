"""`make bench ARGS=--desk` knows every list that there is, and follows its links."""

import pytest
from django.contrib import admin

from accounts.models import User
from core.desk.base import DeskAdmin
from identity.local.bench import desk
from identity.local.bench.desk import Cost, Visit
from orgs.models import Organization

# As long as there are people at the desk, or things that they do: nothing that grows with the site.
SHORT = {
    "accounts/role",
    "accounts/rolegrant",
    "accounts/bulkjob",
    "accounts/impersonation",
    "audit/savedexport",
    "mfa/factorreset",
}


def test_every_list_of_the_desk_is_measured_or_short() -> None:
    lists = {
        f"{model._meta.app_label}/{model._meta.model_name}"
        for model, shown in admin.site._registry.items()
        if isinstance(shown, DeskAdmin)
    }
    assert lists == SHORT | desk.asked(User(email="a@b.c"), Organization(slug="acme"), "2026-11").keys()


def test_links_of_a_page_are_followed() -> None:
    page = '<a href="?q=a&amp;before=W10" rel="next">Next</a> <a href="?after=&amp;q=a">To the end</a>'
    assert desk.linked(page, Visit("x/y", follow="next")) == "/admin/x/y/?q=a&before=W10"
    assert desk.linked(page, Visit("x/y", follow="end")) == "/admin/x/y/?after=&q=a"
    assert desk.linked("", Visit("x/y", follow="end")) == ""


@pytest.mark.parametrize(("queries", "seconds", "status"), [(11, 0.1, 200), (3, 1.5, 200), (3, 0.1, 400)])
def test_what_costs_too_much_or_fails_is_not_fine(queries: int, seconds: float, status: int) -> None:
    assert not Cost(Visit("x/y"), queries, seconds, status).is_fine
    assert Cost(Visit("x/y"), 3, 0.1, 200).is_fine
