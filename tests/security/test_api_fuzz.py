"""Whatever is sent to whatever operation: no answer is a mistake of ours, and each is one that the document names."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.api.documents import document
from accounts.models import User
from core.intake import without_charset
from orgs.actor import SHELL
from orgs.flows import organizations
from tests.security.test_api_table import VISITORS, Row

pytestmark = pytest.mark.django_db
EXAMPLES = 14
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# From those who are let in most often to those who are not.
WHO = ["a sign-in", "a sign-in", "a key", "a service account", "nobody"]
API = schemathesis.openapi.from_dict(document())
API.app = without_charset(get_wsgi_application())
OPERATIONS = {f"{each.ok().method.upper()} {each.ok().path}": each.ok() for each in API.get_all_operations()}


@pytest.fixture
def no_limits(settings: Any) -> None:
    """Otherwise most answers would be that there were too many."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/1m")


@pytest.fixture
def one_connection() -> Iterator[None]:
    """As Django's own client has it: the requests of a test share the transaction that is rolled back after it."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("no_limits", "one_connection")
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_is_one_that_is_documented(name: str, alice: User) -> None:
    acme = organizations.create(slug="acme", name="Acme", owner=alice, by=SHELL)
    operation = OPERATIONS[name]
    strange = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    cases = (
        st.one_of(operation.as_strategy(), strange)
        if operation.body or operation.query
        else operation.as_strategy()
    )

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(case=cases, who=st.sampled_from(WHO))
    def ask(case: Case, who: str) -> None:
        token = VISITORS[who][0](alice, acme, Row(set()))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if "slug" in case.path_parameters:
            case.path_parameters["slug"] = "acme"
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)

    ask()
