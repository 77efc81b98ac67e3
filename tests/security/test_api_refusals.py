"""What the document says of refusals is what programs meet: codes, words, members and headers."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.api.documents import document
from accounts.models import User
from core.errors import Problem
from sso.social.configuration import Kind, Provider
from tests.api import Program, let_pass
from tests.conftest import PASSWORD, give_app


def answers() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                yield f"{method.upper()} {path} {status}", answer


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, answer in answers():
        content = answer.get("content", {}).get("application/problem+json", {})
        for example in content.get("examples", {}).values():
            yield name, example["value"]


def headers(method: str, path: str, status: int) -> dict[str, Any]:
    found = document()["paths"][f"/api/auth/{path}"][method]["responses"][str(status)]["headers"]
    return {name: header for name, header in found.items() if header.get("required")}


def test_nobody_is_told_that_the_mistake_is_ours() -> None:
    assert [name for name, value in examples() if value["detail"] == str(Problem.detail)] == []


def test_whatever_a_refusal_says_beside_the_usual_is_in_its_schema() -> None:
    known = document()["components"]["schemas"]["ProblemShape"]["properties"]
    said = {name for _name, value in examples() for name in value}
    assert said == known.keys()


def test_an_example_says_what_its_answer_is_listed_for() -> None:
    for name, value in examples():
        assert name.endswith(str(value["status"]))
        assert value["title"], name
        assert value["detail"], name


@pytest.mark.parametrize(
    ("status", "header"),
    [(401, "WWW-Authenticate"), (405, "Allow"), (429, "Retry-After"), (503, "Retry-After")],
)
def test_the_header_that_a_status_demands_is_in_the_document(status: int, header: str) -> None:
    found = [answer for name, answer in answers() if name.endswith(f" {status}")]
    assert found
    assert all(answer["headers"][header]["required"] for answer in found)


def test_every_answer_names_its_request() -> None:
    assert all("X-Request-Id" in answer["headers"] for _name, answer in answers())


# --- As it happens ------------------------------------------------------------------------------------


def example_of(method: str, path: str, answer: Any) -> dict[str, Any]:
    """What the document shows for this very answer."""
    described = document()["paths"][f"/api/auth/{path}"][method]["responses"][str(answer.status_code)]
    shown = described["content"]["application/problem+json"]["examples"].values()
    [found] = [each["value"] for each in shown if each["value"]["code"] == answer.json()["code"]]
    return dict(found)


def assert_as_described(method: str, path: str, answer: Any, *, same_words: bool = True) -> None:
    shown = example_of(method, path, answer)
    assert answer.json().keys() == shown.keys()
    if same_words:
        assert (answer.json()["title"], answer.json()["detail"]) == (shown["title"], shown["detail"])
    for name in headers(method, path, answer.status_code):
        assert name in answer.headers


pytestmark = pytest.mark.django_db


def test_a_second_step_to_come(alice: User) -> None:
    give_app(alice)
    answer = Program().post("login", {"email": alice.email, "password": PASSWORD})
    assert answer.json()["code"] == "mfa_required"
    assert_as_described("post", "login", answer)


def test_an_address_to_be_confirmed(alice: User) -> None:
    alice.emailaddress_set.update(verified=False)
    answer = Program().post("login", {"email": alice.email, "password": PASSWORD})
    assert answer.json()["code"] == "email_unverified"
    assert_as_described("post", "login", answer)


def test_fields_that_are_wrong() -> None:
    answer = Program().post("login", {})
    assert answer.status_code == 422
    assert_as_described("post", "login", answer)
    assert answer.json()["errors"][0].keys() == example_of("post", "login", answer)["errors"][0].keys()


def test_too_often(settings: Any, alice: User) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api.address": "1/1m"}
    answers = [Program().get("csrf") for _number in range(50)]
    assert answers[-1].status_code == 429
    assert_as_described("get", "csrf", answers[-1])


def test_a_proof_that_is_too_old(alice: User) -> None:
    program = Program()
    program.sign_in(alice)
    let_pass(alice, 100_000)
    answer = program.delete("me/emails/1")
    assert answer.json()["code"] == "reauthentication_required"
    shown = example_of("delete", "me/emails/{id}", answer)
    assert answer.json().keys() == shown.keys()


def test_a_scope_that_was_not_given(alice: User) -> None:
    program = Program()
    program.sign_in(alice, scope="profile.write")
    answer = program.get("me")
    assert answer.status_code == 403
    assert_as_described("get", "me", answer)
    assert "insufficient_scope" in answer["WWW-Authenticate"]


def test_nobody_known() -> None:
    assert_as_described("get", "me", Program().get("me"))


def test_a_service_account_that_is_none() -> None:
    answer = Program().post("token", {"grant_type": "client_credentials", "client_secret": "x"})
    assert_as_described("post", "token", answer)
    assert answer["WWW-Authenticate"].startswith("Basic")


def test_another_method() -> None:
    answer = Client().put("/api/auth/csrf")
    assert answer.status_code == 405
    assert_as_described("get", "csrf", answer)


def test_an_attempt_that_is_over(settings: Any) -> None:
    settings.SOCIAL_PROVIDERS = [Provider("acme", "Acme", Kind.OPENID, "https://acme.example", "x", "x")]
    answer = Program().post("login/social", {"provider": "acme", "challenge": "x", "id_token": "x"})
    assert answer.status_code == 400
    assert_as_described("post", "login/social", answer)


def test_a_field_of_the_address_that_is_unknown() -> None:
    answer = Program().get("csrf", page="2")
    assert answer.json()["errors"] == [
        {"field": "page", "code": "unknown", "detail": "There is no such field."}
    ]


def test_one_answer_speaks_one_language() -> None:
    answer = Client().post(
        "/api/auth/login",
        {"email": 5, "scope": None, "transport": "x", "other": 1},
        content_type="application/json",
        headers={"accept-language": "de"},
    )
    said = {error["field"]: error["detail"] for error in answer.json()["errors"]}
    english = Program().post("login", {"email": 5, "scope": None, "transport": "x", "other": 1}).json()
    assert said.keys() == {"email", "scope", "transport", "password", "other"}
    assert not {error["detail"] for error in english["errors"]} & set(said.values())
