"""Operation × credential × scope × status, for every operation there is.

The rows are written by hand, on purpose beside the declarations in the code: what lets somebody in is said twice.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.conf import settings as site
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.api.scopes import OF_KIND, Credential, Scope, spelled
from accounts.models import User
from accounts.sign_in.allauth_compat import METHODS_KEY
from core.client import Facts
from orgs.actor import SHELL
from orgs.flows import organizations
from orgs.models import Organization
from tests.architecture.test_urls import PUBLIC_OPERATIONS, operations
from tests.conftest import each
from tokens import jwt
from tokens.flows import families, keys
from tokens.models import Family, ServiceAccount, ServiceCredential

pytestmark = pytest.mark.django_db
FACTS = Facts("203.0.113.9", "", "")
API = "api/auth/"
PEOPLE = {Credential.SIGN_IN, Credential.KEY}
SIGNED_IN = {Credential.SIGN_IN}
EVERYBODY = {Credential.SIGN_IN, Credential.KEY, Credential.SERVICE}


@dataclass(frozen=True)
class Row:
    kinds: set[Credential]
    scope: str = ""
    fresh: bool = False


def of(kinds: set[Credential], scope: str = "") -> Row:
    return Row(kinds, scope)


def fresh(scope: str) -> Row:
    return Row(SIGNED_IN, scope, fresh=True)


TABLE = {
    "POST accounts-api:reauthenticate": of(SIGNED_IN),
    "POST accounts-api:password-change": of(SIGNED_IN, "password.change"),
    "GET accounts-api:me": of(PEOPLE, "profile.read"),
    "PATCH accounts-api:me": of(PEOPLE, "profile.write"),
    "GET accounts-api:emails": of(PEOPLE, "addresses.read"),
    "POST accounts-api:emails": fresh("addresses.write"),
    "POST accounts-api:email-confirm": of(SIGNED_IN, "addresses.write"),
    "PUT accounts-api:email": fresh("addresses.write"),
    "DELETE accounts-api:email": fresh("addresses.write"),
    "GET accounts-api:sessions": of(PEOPLE, "sessions.read"),
    "DELETE accounts-api:sessions": of(PEOPLE, "sessions.end"),
    "DELETE accounts-api:session": of(PEOPLE, "sessions.end"),
    "GET accounts-api:activity": of(PEOPLE, "own-activity.read"),
    "POST tokens-api:logout": of(SIGNED_IN),
    "POST tokens-api:logout-all": of(SIGNED_IN, "sessions.end"),
    "POST tokens-api:introspect": of({Credential.SERVICE}, "tokens.introspect"),
    "POST orgs-api:authorize": of(EVERYBODY, "decisions.ask"),
    "GET tokens-api:keys": of(PEOPLE, "keys.read"),
    "POST tokens-api:keys": fresh("keys.write"),
    "GET tokens-api:key": of(PEOPLE, "keys.read"),
    "DELETE tokens-api:key": of(SIGNED_IN, "keys.write"),
    "POST tokens-api:key-rotate": fresh("keys.write"),
    "GET mfa-api:factors": of(SIGNED_IN, "factors.read"),
    "POST mfa-api:proof-options": of(SIGNED_IN),
    "POST mfa-api:apps": fresh("factors.write"),
    "POST mfa-api:app-begin": fresh("factors.write"),
    "PATCH mfa-api:app": fresh("factors.write"),
    "DELETE mfa-api:app": fresh("factors.write"),
    "POST mfa-api:recovery-codes": fresh("factors.write"),
    "POST mfa-api:passkeys": fresh("factors.write"),
    "POST mfa-api:passkey-options": fresh("factors.write"),
    "PATCH mfa-api:passkey": fresh("factors.write"),
    "DELETE mfa-api:passkey": fresh("factors.write"),
    "GET sso-api:connections": of(PEOPLE, "connections.read"),
    "POST sso-api:connections": fresh("connections.write"),
    "POST sso-api:connection-options": fresh("connections.write"),
    "DELETE sso-api:connection": fresh("connections.write"),
}
# What an operation answers before it looks at anything else.
AT_THE_DOOR = {
    "unauthenticated": 401,
    "invalid_token": 401,
    "reauthentication_required": 401,
    "credential_not_allowed": 403,
    "scope_missing": 403,
}


# --- Who comes --------------------------------------------------------------------------------------


def sign_in(user: User, scope: str, *, proved: timedelta = timedelta()) -> str:
    records = [{"method": "password", "at": (timezone.now() - proved).timestamp()}]
    state = {METHODS_KEY: records, f"{METHODS_KEY}_user": str(user.pk)}
    return families.begin(user=user, methods=["password"], scope=scope, facts=FACTS, state=state).access


def api_key(user: User, scope: str) -> str:
    soon = timezone.now() + timedelta(days=1)
    # As they are by now: what was asked before may have ended all their access.
    user.refresh_from_db()
    return keys.create(user=user, name="x", scopes=set(scope.split()), expires_at=soon, facts=FACTS).text


def service(organization: Organization, scope: str) -> str:
    soon = timezone.now() + timedelta(days=1)
    account = ServiceAccount.across_organizations.create(
        organization=organization, name=str(uuid.uuid4())[:30], scope=scope
    )
    credential = ServiceCredential.across_organizations.create(
        organization=organization, service=account, kind="secret", digest=uuid.uuid4().hex, expires_at=soon
    )
    return jwt.issue(
        subject=account.public_id, sid=credential.public_id, scope=scope, client_id=str(account.public_id)
    )


def ended(user: User) -> str:
    token = sign_in(user, "all")
    Family.objects.filter(user=user).update(ended_at=timezone.now())
    return token


LONG_AGO = site.REAUTHENTICATION_TIMEOUT + timedelta(seconds=1)
Visitor = Callable[[User, Organization, Row], str]


def all_of(kind: Credential, *, but: str = "") -> str:
    return spelled(OF_KIND[kind] - {but})


VISITORS: dict[str, tuple[Visitor, Callable[[Row], str]]] = {
    "nobody": (lambda user, acme, row: "", lambda row: "unauthenticated"),
    "junk": (lambda user, acme, row: "junk", lambda row: "invalid_token"),
    "a forged token": (
        lambda user, acme, row: sign_in(user, "all")[:-8] + "AAAAAAAA",
        lambda row: "invalid_token",
    ),
    "a refresh token": (lambda user, acme, row: "rt_" + "A" * 70, lambda row: "invalid_token"),
    "a sign-in that ended": (lambda user, acme, row: ended(user), lambda row: "invalid_token"),
    "a sign-in": (lambda user, acme, row: sign_in(user, "all"), lambda row: at_door(row, Credential.SIGN_IN)),
    "a sign-in from long ago": (
        lambda user, acme, row: sign_in(user, "all", proved=LONG_AGO),
        lambda row: at_door(row, Credential.SIGN_IN, is_fresh=False),
    ),
    "a sign-in that was given all else": (
        lambda user, acme, row: sign_in(user, all_of(Credential.SIGN_IN, but=row.scope)),
        lambda row: at_door(row, Credential.SIGN_IN, has_scope=False),
    ),
    "a sign-in that was given this alone": (
        lambda user, acme, row: sign_in(user, row.scope or "profile.read"),
        lambda row: at_door(row, Credential.SIGN_IN),
    ),
    "a key": (
        lambda user, acme, row: api_key(user, all_of(Credential.KEY)),
        lambda row: at_door(row, Credential.KEY),
    ),
    "a key that was given all else": (
        lambda user, acme, row: api_key(user, all_of(Credential.KEY, but=row.scope)),
        lambda row: at_door(row, Credential.KEY, has_scope=False),
    ),
    "a service account": (
        lambda user, acme, row: service(acme, all_of(Credential.SERVICE)),
        lambda row: at_door(row, Credential.SERVICE),
    ),
    "a service account that was given all else": (
        lambda user, acme, row: service(acme, all_of(Credential.SERVICE, but=row.scope)),
        lambda row: at_door(row, Credential.SERVICE, has_scope=False),
    ),
}


def at_door(row: Row, kind: Credential, *, has_scope: bool = True, is_fresh: bool = True) -> str:
    if kind not in row.kinds:
        return "credential_not_allowed"
    if row.scope and not has_scope:
        return "scope_missing"
    return "" if is_fresh or not row.fresh else "reauthentication_required"


# --- Where they go ------------------------------------------------------------------------------------


def addresses(
    resolver: URLResolver | None = None, name: str = "", path: str = ""
) -> Iterator[tuple[str, str]]:
    """Names and addresses of the API, with something that is not there in place of what varies."""
    for entry in (resolver or get_resolver()).url_patterns:
        here = path + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{name}{entry.namespace}:" if entry.namespace else name
            yield from addresses(entry, inner, here)
        elif here.startswith(API) or (here.startswith("/" + API) and isinstance(entry, URLPattern)):
            yield f"{name}{entry.name}", "/" + filled(here)


def filled(path: str) -> str:
    path = re.sub(r"<uuid:\w+>", "00000000-0000-4000-8000-000000000000", path)
    path = re.sub(r"<int:\w+>", "999999999", path)
    path = re.sub(r"<slug:\w+>", "nothing", path)
    path = re.sub(r"\(\?P<slug>(?:[^()]|\([^()]*\))*\)", "acme", path)
    return re.sub(r"\\Z|[\^$]", "", path)


ADDRESSES = dict(addresses())


@pytest.mark.parametrize("name", TABLE)
def test_the_table(name: str, alice: User) -> None:
    acme = organizations.create(slug="acme", name="Acme", owner=alice, by=SHELL)
    row = TABLE[name]
    method, _, view = name.partition(" ")
    body = {} if method == "GET" else {"data": "{}", "content_type": "application/json"}
    for who in each(VISITORS):
        come, answered = VISITORS[who]
        token = come(alice, acme, row)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = getattr(Client(), method.lower())(ADDRESSES[view], headers=headers, **body)
        is_problem = answer.get("Content-Type", "").startswith("application/problem")
        found = answer.json().get("code", "") if is_problem else ""
        expected = answered(row)
        assert (found if found in AT_THE_DOOR else "") == expected, who
        if expected:
            assert answer.status_code == AT_THE_DOOR[expected], who
        assert answer.status_code < 500, who


def test_every_operation_is_in_a_table() -> None:
    """Those of an organization's in tests/orgs, where it also counts who somebody is in it."""
    names = {name for name, _declared in operations()} - PUBLIC_OPERATIONS.keys()
    elsewhere = {name for name in names if ADDRESSES[name.partition(" ")[2]].startswith("/api/auth/orgs")}
    assert names - elsewhere == TABLE.keys()


def test_a_scope_of_the_table_exists() -> None:
    assert {row.scope for row in TABLE.values()} - {""} <= set(Scope)
