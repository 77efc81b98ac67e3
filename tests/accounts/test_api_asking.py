"""How a program asks: what is missing is named, what nobody takes is refused, and each answer says what to do."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.api import API, Program, code_in
from tokens.models import Family

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(alice: User) -> Program:
    program = Program()
    program.sign_in(alice)
    return program


def missing(answer: Any) -> list[str]:
    assert (answer.status_code, code_in(answer)) == (422, "invalid")
    return [error["field"] for error in answer.json()["errors"] if error["code"] == "required"]


@pytest.mark.parametrize(
    ("path", "data", "fields"),
    [
        ("refresh", {}, ["refresh_token"]),
        ("email/verify", {}, ["token"]),
        ("email/verify", {"code": "BCDFGHJK"}, ["challenge"]),
        ("password/reset/confirm", {"new_password": "x"}, ["token"]),
        ("password/reset/confirm", {"new_password": "x", "email": "a@example.org"}, ["challenge", "code"]),
        ("reauthenticate", {"method": "password"}, ["password"]),
    ],
)
def test_what_is_missing_is_named_and_counts_as_no_wrong_secret(
    program: Program, path: str, data: dict[str, str], fields: list[str]
) -> None:
    for _ in range(6):
        assert missing(program.post(path, data)) == fields


@pytest.mark.parametrize("path", ["logout", "logout/all", "me/mfa/apps/begin"])
def test_what_takes_no_body_takes_none(program: Program, path: str) -> None:
    answer = program.post(path, {"all": True})
    assert answer.json()["errors"] == [
        {"field": "all", "code": "unknown", "detail": "There is no such field."}
    ]
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {program.access}"}
    plain = Client().post(f"{API}{path}", "nonsense", content_type="text/plain", **bearer)
    assert (plain.status_code, code_in(plain)) == (415, "unsupported_media_type")
    assert Family.objects.get().ended_at is None


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_name_of_the_scheme_is_read_in_any_case(program: Program, scheme: str) -> None:
    answer = Client().get(f"{API}me", HTTP_AUTHORIZATION=f"{scheme} {program.access}")
    assert answer.status_code == 200


@pytest.mark.parametrize("before", ["1_0", "１", "10.0", "+1", " 1"])
def test_a_number_in_an_address_has_plain_digits(program: Program, before: str) -> None:
    assert program.get("me/activity", before="10").status_code == 200
    assert code_in(program.get("me/activity", before=before)) == "invalid"


@pytest.mark.parametrize("path", ["/api/auth/me/", "/api/auth/nothing", "/api/nothing", "/api/"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_where_nothing_is_programs_are_told_in_their_own_way(path: str, method: str, settings: Any) -> None:
    settings.DEBUG = True
    answer = getattr(Client(), method)(path)
    assert (answer.status_code, code_in(answer)) == (404, "not_found")


def test_the_documents_are_found_with_and_without_a_slash(client: Client) -> None:
    for path in ("/api/docs", "/api/schema"):
        assert client.get(path).url == f"{path}/"


def test_the_api_is_known_by_the_names_of_the_site_only(alice: User) -> None:
    answer = Client().get(f"{API}csrf", HTTP_HOST="evil.example")
    assert (answer.status_code, code_in(answer)) == (400, "bad_input")


def test_an_answer_without_content_names_no_kind_of_it(program: Program) -> None:
    answer = program.post("logout")
    assert (answer.status_code, "Content-Type" in answer.headers) == (204, False)
