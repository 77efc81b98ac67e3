"""What is written about the API is what it does: the document is whole, and pages and files say the same."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from accounts.api.documents import document
from accounts.api.endpoint import Operation
from accounts.api.reference import markdown, problems
from accounts.api.scopes import OF_KIND, Scope
from core.errors import Problem
from tests.architecture.test_urls import operations

ALL = list(operations())


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def test_every_operation_is_in_the_document_and_no_other() -> None:
    found = [(method, path) for path, methods in document()["paths"].items() for method in methods]
    assert len(found) == len(ALL)
    assert document()["openapi"].startswith("3.1")


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [each["operationId"] for methods in document()["paths"].values() for each in methods.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("name", "declared"), ALL)
def test_whatever_wants_a_credential_can_be_called_with_one(name: str, declared: Operation) -> None:
    kinds, scope = declared.access.kinds, declared.access.scope
    assert all(scope is None or scope in OF_KIND[kind] for kind in kinds)
    assert bool(kinds) or scope is None


def test_every_scope_opens_something() -> None:
    assert {declared.access.scope for _name, declared in ALL} - {None} == set(Scope)


def test_a_code_means_one_thing() -> None:
    codes: dict[str, set[int]] = {}
    for each in problems(document()):
        codes.setdefault(each.code, set()).add(each.status)
    assert [code for code, statuses in codes.items() if len(statuses) > 1] == []


def test_every_refusal_declared_is_a_problem() -> None:
    assert all(issubclass(refusal, Problem) for _name, declared in ALL for refusal in declared.refuses)


def test_the_reference_is_up_to_date() -> None:
    """If not: `manage.py api_reference`."""
    written = (settings.ROOT / "docs" / "api-reference.md").read_text(encoding="utf-8")
    assert written == markdown(document())


@pytest.mark.django_db
def test_the_document_is_for_everybody(client: Client) -> None:
    answer = client.get("/api/schema/")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == settings.SITE_NAME
    schemes = answer.json()["components"]["securitySchemes"]
    assert set(schemes) == {"accessToken", "apiKey", "serviceToken", "clientBasic", "refreshCookie"}


def test_no_kind_has_a_scope_that_does_not_exist() -> None:
    assert all(scopes <= set(Scope) for scopes in OF_KIND.values())
