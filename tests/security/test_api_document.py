"""The OpenAPI document says of inputs, credentials and answers what holds for them."""

import json
from typing import Any

import pytest
from django.conf import settings

from accounts.api.documents import document
from accounts.api.wishes import Tokens
from accounts.models import User
from core.api.fields import Field, Input
from tests.api import Program
from tests.architecture.test_urls import operations
from tests.conftest import PASSWORD

ALL = [declared for _name, declared in operations()]


def schemas() -> dict[str, Any]:
    return dict(document()["components"]["schemas"])


def described(method: str, path: str) -> dict[str, Any]:
    return dict(document()["paths"][f"/api/auth/{path}"][method])


def inputs() -> set[type[Input]]:
    return {shape for declared in ALL for shape in (declared.takes, declared.query) if shape is not None}


def test_nothing_meant_for_us_is_told() -> None:
    text = json.dumps(document())
    for inside in ("x-spec-enum-id", "for the documentation", "The body of a request"):
        assert inside not in text


def test_what_is_unknown_is_refused_by_the_schema_as_well() -> None:
    names = {shape.__name__ for shape in inputs() if not shape.ignores_unknown}
    found = {name.removeprefix("Patched"): shape for name, shape in schemas().items()}
    closed = {name for name in names & found.keys() if found[name].get("additionalProperties") is False}
    assert closed == names & found.keys()
    assert len(closed) > 30


def test_where_a_standard_lets_it_be_the_schema_does() -> None:
    assert "additionalProperties" not in schemas()["GrantInput"]


@pytest.mark.parametrize("shape", sorted(inputs(), key=lambda shape: shape.__name__))
def test_a_field_that_is_read_speaks_the_readers_language(shape: type[Input]) -> None:
    assert [name for name, field in shape().fields.items() if not isinstance(field, Field)] == []


def test_a_text_that_may_not_be_empty_says_so() -> None:
    assert schemas()["LoginInput"]["properties"]["email"]["minLength"] == 1
    assert "minLength" not in schemas()["PatchedProfileInput"]["properties"]["name"]


def test_a_service_account_may_come_by_http_basic() -> None:
    assert described("post", "token")["security"] == [{}, {"clientBasic": []}]
    assert described("post", "token/introspect")["security"] == [{"serviceToken": []}, {"clientBasic": []}]
    assert document()["components"]["securitySchemes"]["clientBasic"]["scheme"] == "basic"


def test_a_browser_brings_a_cookie() -> None:
    assert {"refreshCookie": []} in described("post", "refresh")["security"]
    scheme = document()["components"]["securitySchemes"]["refreshCookie"]
    assert (scheme["in"], scheme["name"]) == ("cookie", settings.REFRESH_COOKIE_NAME)


def test_whatever_hands_out_tokens_may_set_a_cookie_and_ask_for_the_header() -> None:
    handing = [
        operation
        for methods in document()["paths"].values()
        for operation in methods.values()
        if operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema")
        == {"$ref": f"#/components/schemas/{Tokens.__name__}"}
    ]
    assert len(handing) > 5
    for operation in handing:
        assert "Set-Cookie" in operation["responses"]["200"]["headers"], operation["operationId"]
        asked = [each["name"] for each in operation["parameters"] if each["in"] == "header"]
        assert asked == ["X-CSRFToken"], operation["operationId"]


def test_what_varies_in_an_address_is_explained() -> None:
    for path, methods in document()["paths"].items():
        for operation in methods.values():
            for each in operation.get("parameters", []):
                assert each["in"] != "path" or (each["description"] and each["example"]), path


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("me/connections", {"200", "201"}),
        ("email/verify", {"200", "204"}),
        ("email/resend", {"202"}),
        ("me/emails", {"202"}),
    ],
)
def test_every_answer_that_means_done_is_there(path: str, statuses: set[str]) -> None:
    found = described("post", path)["responses"]
    assert {status for status in found if status < "300"} == statuses
    assert all(("content" in found[status]) is (status != "204") for status in statuses)


@pytest.mark.django_db
def test_the_cookie_comes_as_it_says(alice: User) -> None:
    page = Program()
    token = page.get("csrf").json()["csrf_token"]
    shown = {"email": alice.email, "password": PASSWORD, "transport": "cookie"}
    answer = page.post("login", shown, **{"X-CSRFToken": token})
    assert answer.status_code == 200
    assert settings.REFRESH_COOKIE_NAME in answer.cookies
    assert "refresh_token" not in answer.json()
