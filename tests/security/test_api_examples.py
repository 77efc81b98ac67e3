"""The examples of the document are true: every request is taken as it stands, every answer has its shape."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import pytest
from allauth.account.models import EmailAddress
from django.db.models import F
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from accounts.api import calls, examples
from accounts.api.documents import document
from accounts.api.endpoint import Operation
from accounts.models import User
from accounts.sign_in.allauth_compat import METHODS_KEY
from mfa.factors import recovery
from mfa.models import Authenticator, Passkey
from orgs.actor import SHELL
from orgs.flows import organizations
from orgs.models import Membership, Organization, Role, Team
from sso.social.configuration import Kind, Provider
from tests.conftest import PASSWORD, each
from tests.mfa.conftest import give_passkey, give_phone
from tests.security.test_api_table import FACTS, service
from tokens.flows import families
from tokens.models import ServiceAccount

DOCUMENT = document()
FORM = "application/x-www-form-urlencoded"
# What is refused because of its content, and not because nobody could have meant it.
OF_CONTENT = {"provider_sign_in_expired"}


@dataclass(frozen=True)
class Sent:
    """One example of a request."""

    method: str
    path: str
    media: str
    name: str
    body: Any

    @property
    def described(self) -> dict[str, Any]:
        return dict(DOCUMENT["paths"][self.path][self.method])

    @property
    def address(self) -> str:
        """With what varies as the document has it in its examples."""
        varies = {
            each["name"]: each["example"] for each in parameters(self.described) if each["in"] == "path"
        }
        return self.path.format(**varies)

    @property
    def operation(self) -> Operation:
        view = resolve(self.address).func.view_class  # type: ignore[attr-defined]
        found: Operation = getattr(view, self.method).operation
        return found

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path} {self.name} ({self.media})"


def parameters(described: dict[str, Any]) -> list[dict[str, Any]]:
    return list(described.get("parameters", []))


def described() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def sent() -> Iterator[Sent]:
    for method, path, operation in described():
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            for name, example in content["examples"].items():
                yield Sent(method, path, media, name, example["value"])


ALL = list(sent())


def validator(schema: dict[str, Any]) -> Validator:
    resource = DRAFT202012.create_resource(DOCUMENT)
    registry = Registry().with_resource("urn:api", resource)
    text = json.dumps(schema).replace('"#/components', '"urn:api#/components')
    return Draft202012Validator(json.loads(text), registry=registry, format_checker=FormatChecker())


# --- Requests -----------------------------------------------------------------------------------------


def test_every_operation_that_takes_a_body_has_an_example() -> None:
    with_body = {(method, path) for method, path, operation in described() if "requestBody" in operation}
    assert with_body == {(one.method, one.path) for one in ALL}


@pytest.mark.parametrize("one", ALL, ids=str)
def test_its_own_input_reads_it(one: Sent) -> None:
    takes = one.operation.takes
    assert takes is not None
    assert takes.read(one.body, partial=one.method == "patch") is not None


@pytest.mark.parametrize("one", ALL, ids=str)
def test_it_is_what_the_schema_asks_for(one: Sent) -> None:
    schema = one.described["requestBody"]["content"][one.media]["schema"]
    validator(schema).validate(one.body)


@pytest.fixture
def site(settings: Any, alice: User, bob: User) -> Organization:
    """Where whatever the examples name exists."""
    settings.SIGN_IN_BY_MAIL, settings.ORGANIZATIONS_BY, settings.REGISTRATION = True, "anyone", "open"
    settings.SOCIAL_PROVIDERS = [Provider("google", "Google", Kind.GOOGLE, "http://127.0.0.1:9", "x", "x")]
    acme = organizations.create(slug="acme", name="Acme", owner=alice, by=SHELL)
    give_phone(alice)
    give_passkey(alice)
    recovery.issue(alice)
    # Under the names that the examples have for them.
    Authenticator.objects.update(id=examples.NUMBER)
    Passkey.objects.update(id=examples.NUMBER)
    User.objects.filter(pk=bob.pk).update(public_id=examples.UUID)
    bob.refresh_from_db()
    # One of the others may have this number by chance.
    EmailAddress.objects.update(id=F("id") + 1000)
    EmailAddress.objects.create(pk=examples.NUMBER, user=alice, email="alice@example.net", verified=True)
    Membership.across_organizations.create(organization=acme, user=bob, role="member")
    Role.across_organizations.create(
        pk=examples.NUMBER, organization=acme, name="Reviewer", permissions=["members.view"]
    )
    Team.across_organizations.create(pk=examples.NUMBER, organization=acme, name="Night shift")
    ServiceAccount.across_organizations.create(
        organization=acme, public_id=UUID(examples.UUID), name="Sync", scope="members.view"
    )
    Organization.objects.filter(pk=acme.pk).update(is_trusted=True)
    return acme


def signed_in(user: User) -> str:
    methods = ["password", "totp"]
    records = [{"method": method, "at": timezone.now().timestamp()} for method in methods]
    state = {METHODS_KEY: records, f"{METHODS_KEY}_user": str(user.pk)}
    return families.begin(user=user, methods=methods, scope="all", facts=FACTS, state=state).access


def send(one: Sent, alice: User, bob: User, acme: Organization) -> Any:
    kinds = {str(kind) for kind in one.operation.access.kinds}
    token = ""
    if kinds == {"service-account"}:
        token = service(acme, "tokens.introspect")
    elif kinds:
        # Of Alice, who has a second step, a password is not enough.
        token = signed_in(bob if one.body.get("method") == "password" else alice)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    body = dict(one.body)
    if one.path == "/api/auth/login/mfa":
        shown = {"email": alice.email, "password": PASSWORD}
        body["challenge"] = post("/api/auth/login", shown).json()["challenge"]
    if one.path == "/api/auth/me/mfa/apps":
        assert post(f"{one.path}/begin", {}, headers=headers).status_code == 200
    data = urlencode(body) if one.media == FORM else json.dumps(body)
    return getattr(Client(), one.method)(one.address, data=data, content_type=one.media, headers=headers)


def post(path: str, data: Any, **how: Any) -> Any:
    return Client().post(path, data, content_type="application/json", **how)


@pytest.mark.django_db
def test_the_site_takes_it(site: Organization, alice: User, bob: User) -> None:
    refused, nowhere = {}, []
    for one in each(ALL):
        answer = send(one, alice, bob, site)
        if answer.status_code in (400, 422) and answer.json()["code"] not in OF_CONTENT:
            refused[str(one)] = answer.json()
        if answer.status_code == 404:
            nowhere.append(str(one))
    assert refused == {}
    # Otherwise what is sent would not have been looked at.
    assert nowhere == []


# --- Answers ------------------------------------------------------------------------------------------

ANSWERS = [
    (f"{method} {path} {status} {name}", content["schema"], example["value"])
    for method, path, operation in described()
    for status, answer in operation["responses"].items()
    for content in answer.get("content", {}).values()
    for name, example in content.get("examples", {}).items()
]


def test_the_example_of_an_answer_has_its_shape() -> None:
    validators: dict[str, Validator] = {}
    for name, schema, value in ANSWERS:
        found = validators.setdefault(json.dumps(schema), validator(schema))
        assert list(found.iter_errors(value)) == [], name


def test_every_answer_with_a_body_has_an_example() -> None:
    for method, path, operation in described():
        for status, answer in operation["responses"].items():
            for content in answer.get("content", {}).values():
                is_empty = content["schema"] == {"type": "object", "additionalProperties": False}
                assert content.get("examples") or is_empty, (method, path, status)


def test_no_field_of_an_answer_merely_says_example() -> None:
    assert [name for name, _schema, value in ANSWERS if '"example"' in json.dumps(value)] == []


# --- Calls --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", [one for one in ALL if one.media != FORM], ids=str)
def test_the_curl_line_sends_the_example(one: Sent) -> None:
    line = calls.curl("https://id.example.org", one.path, one.method, one.described, one.body)
    words = [word for word in shlex.split(line) if word.strip()]
    assert words[0] == "curl"
    assert urlsplit(words[3]).path == one.address
    assert ("--request" in words) is (one.method not in ("get", "post"))
    data = words[words.index("--data") + 1]
    found = json.loads(data) if data.startswith("{") else dict(parse_qsl(data, keep_blank_values=True))
    assert found == one.body


@pytest.mark.parametrize(("method", "path", "operation"), list(described()))
def test_a_call_brings_a_credential_where_one_is_needed(method: str, path: str, operation: Any) -> None:
    line = calls.curl("", path, method, operation, {"a": 1} if "requestBody" in operation else None)
    needed = {"accessToken", "apiKey", "serviceToken"} & {
        name for way in operation.get("security", []) for name in way
    }
    assert ("Bearer $TOKEN" in line) is bool(needed)
    assert "{" not in urlsplit(shlex.split(line)[3]).path
