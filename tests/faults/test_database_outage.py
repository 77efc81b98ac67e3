"""Without the database the site says so, and comes back by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Visitor
from tests.machines.postgres import PostgresCluster
from tests.machines.waiting import until
from tests.machines.web import WebServer

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def web(tmp_path: Path, around: dict[str, str], postgres: PostgresCluster) -> Iterator[WebServer]:
    with WebServer(tmp_path, DATABASE_URL=postgres.url, **around) as running:
        yield running


def is_back(web: WebServer) -> bool:
    """Every thread of the server has to find its way back, not only one."""
    return all(
        Visitor(web).post("/account/login/", login=f"{n}@b.org", password="x").status == 200 for n in range(8)
    )


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_dead_database_is_a_503_and_heals(
    visitor: Visitor, web: WebServer, postgres: PostgresCluster, how: str
) -> None:
    assert visitor.sign_up("first@example.org").status == 302
    getattr(postgres, how)()
    response = visitor._send("POST", "/account/login/", form(visitor))
    assert response.status == 503
    assert response.headers["Retry-After"] == "5"
    assert "We will be right back" in response.text
    assert web.request("GET", "/livez").status == 200
    assert web.request("GET", "/readyz").status == 503
    assert web.request("GET", "/static/css/base.css").status == 200
    postgres.start()
    until(lambda: web.request("GET", "/readyz").status == 200, "the site to notice", seconds=10)
    assert is_back(web)
    assert visitor.sign_up("second@example.org").status == 302


def test_a_database_that_hangs_is_a_503_in_time(
    visitor: Visitor, web: WebServer, postgres: PostgresCluster
) -> None:
    ready = form(visitor)
    postgres.freeze()
    response = visitor._send("POST", "/account/login/", ready)
    assert response.status == 503
    postgres.thaw()
    until(lambda: web.request("GET", "/readyz").status == 200, "the site to notice", seconds=10)
    assert is_back(web)


def form(visitor: Visitor) -> Any:
    """A sign-in form that was fetched while all was well."""
    visitor.get("/account/login/")
    token = visitor.cookies["csrf"].value
    return f"csrfmiddlewaretoken={token}&login=a%40b.org&password=wrong"
