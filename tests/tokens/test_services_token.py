"""How a service account gets a token, and everything that gets none (RFC 6749, RFC 7523)."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import uuid4

import jwt
import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.api.scopes import Scope
from accounts.models import User
from audit.actions import Action, ActorKind, Outcome
from audit.models import Event
from orgs.actor import SHELL
from orgs.models import Organization
from tests.api import API, Program, code_in
from tests.orgs.programs import ask_for_token, by_key, by_sign_in, service_of
from tests.tokens.assertions import ASSERTION_TYPE, Pair
from tokens import jwt as ours
from tokens import keys as ring
from tokens.flows import services
from tokens.models import ServiceAccount, ServiceCredential, UsedAssertion

pytestmark = pytest.mark.django_db
GRANT = {"grant_type": "client_credentials"}


class In(int):
    """So many seconds from when the test runs."""


FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def service(acme: Organization) -> ServiceAccount:
    return services.create(
        organization=acme, name="Import", scopes={"organization.view", "members.view"}, by=SHELL
    )


@pytest.fixture
def secret(service: ServiceAccount) -> str:
    ends = timezone.now() + timedelta(days=90)
    return services.add_credential(service=service, expires_at=ends, by=SHELL).text


@pytest.fixture
def pair(service: ServiceAccount) -> Pair:
    return registered(service, Pair())


def registered(service: ServiceAccount, pair: Pair) -> Pair:
    ends = timezone.now() + timedelta(days=90)
    services.add_credential(service=service, expires_at=ends, public_jwk=pair.public_jwk, by=SHELL)
    return pair


def basic(name: Any, secret: str) -> dict[str, str]:
    pair = f"{quote_plus(str(name))}:{quote_plus(secret)}"
    return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def bring(assertion: str, **more: str) -> Any:
    asked = {**GRANT, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion, **more}
    return Program().post("token", asked)


def refused(answer: Any) -> str:
    """Why, for the log; the answer is the same for all."""
    assert answer.status_code == 401, answer.content
    body = answer.json()
    assert (body["code"], body["error"]) == ("invalid_client", "invalid_client")
    assert answer["WWW-Authenticate"].startswith("Basic")
    event = Event.objects.of_action(Action.SERVICE_REFUSE).latest("id")
    assert (event.outcome, event.actor_kind) == (Outcome.REFUSED, ActorKind.ANONYMOUS)
    return str(event.data["reason"])


def spelled(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """Not by the library, which writes nothing that is wrong in some ways."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signature = base64.urlsafe_b64encode(sign(b".".join(parts))).rstrip(b"=")
    return b".".join([*parts, signature]).decode()


# --- By a secret ----------------------------------------------------------------------------------


def test_a_form_with_basic_as_the_standard_has_it(service: ServiceAccount, secret: str) -> None:
    answer = Client().post(
        f"{API}token", urlencode(GRANT), content_type=FORM, headers=basic(service.public_id, secret)
    )
    body = answer.json()
    assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "Bearer", 600)
    assert (body["scope"], "refresh_token" in body) == ("members.view organization.view", False)
    assert answer["Cache-Control"] == "no-store"


def test_a_form_with_everything_in_it(service: ServiceAccount, secret: str) -> None:
    sent = {**GRANT, "client_id": str(service.public_id), "client_secret": secret}
    assert Client().post(f"{API}token", urlencode(sent), content_type=FORM).status_code == 200


def test_the_token_says_whose_it_is_and_by_which_credential(service: ServiceAccount, secret: str) -> None:
    program = Program()
    ask_for_token(program, service, secret)
    claims = jwt.decode(program.access, options={"verify_signature": False})
    assert claims["sub"] == claims["client_id"] == str(service.public_id)
    assert claims["sid"] == str(ServiceCredential.across_organizations.get().public_id)
    assert jwt.get_unverified_header(program.access)["typ"] == "at+jwt"


def test_less_can_be_asked_for_and_not_more(service: ServiceAccount, secret: str) -> None:
    program = Program()
    assert ask_for_token(program, service, secret, scope="members.view").json()["scope"] == "members.view"
    assert code_in(program.get("orgs/acme")) == "scope_missing"
    for scope in ("members.manage", "members.view profile.read", "all", "x"):
        answer = ask_for_token(Program(), service, secret, scope=scope)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope"), scope
    assert ask_for_token(Program(), service, secret, scope="").status_code == 200


@pytest.mark.parametrize(
    "why", ["unknown", "name", "wrong", "empty", "ended", "expired", "disabled", "suspended", "closed"]
)
def test_whatever_is_not_good_gets_the_same_answer(
    acme: Organization,
    service: ServiceAccount,
    secret: str,
    why: str,
) -> None:
    client_id = {"unknown": str(uuid4()), "name": "Import"}.get(why, str(service.public_id))
    # Always another letter: one secret in sixty ends in any given one.
    wrong = secret[:-1] + ("y" if secret.endswith("x") else "x")
    brought = {"wrong": wrong, "empty": ""}.get(why, secret)
    rows = ServiceCredential.across_organizations
    if why == "ended":
        services.end_credential(credential=services.credentials_of(service).get(), by=SHELL)
    elif why == "expired":
        rows.update(expires_at=timezone.now())
    elif why == "disabled":
        services.disable(service=service, by=SHELL)
    elif why in ("suspended", "closed"):
        Organization.objects.filter(pk=acme.pk).update(status=why)
    answer = Client().post(
        f"{API}token", urlencode(GRANT), content_type=FORM, headers=basic(client_id, brought)
    )
    refused(answer)
    body = {**answer.json(), "reference": ""}
    nobody = Client().post(f"{API}token", urlencode(GRANT), content_type=FORM, headers=basic(uuid4(), "x"))
    assert body == {**nobody.json(), "reference": ""}


def test_the_secret_of_another_service_account_is_wrong(
    service: ServiceAccount,
    secret: str,
    globex: Organization,
) -> None:
    _other, theirs = service_of(globex)
    assert refused(ask_for_token(Program(), service, theirs)) == "credential"


def test_nor_is_the_key_of_a_person_one(service: ServiceAccount, alice: User) -> None:
    key = by_key(alice, Scope.ORGANIZATION_VIEW).access
    assert refused(ask_for_token(Program(), service, key)) == "credential"


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic YQ", "Basic /w==", "Basic Og=="])
def test_a_header_that_is_none_is_refused(service: ServiceAccount, header: str) -> None:
    assert refused(Program().post("token", GRANT, authorization=header)) == "unknown"


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": 5}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({**GRANT, "client_secret": "a", "client_assertion": "b"}, "invalid_request"),
        ({**GRANT, "client_assertion": "b"}, "invalid_request"),
        ({**GRANT, "client_assertion": "b", "client_assertion_type": "saml"}, "invalid_request"),
        ({**GRANT, "client_secret": "a" * 300}, "invalid_request"),
        ([], "invalid_request"),
    ],
)
def test_a_request_that_is_none_has_a_name_for_it(db: None, sent: Any, error: str) -> None:
    answer = Client().post(f"{API}token", json.dumps(sent), content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_one_way_to_prove_oneself_and_not_two(service: ServiceAccount, secret: str) -> None:
    header, name = basic(service.public_id, secret), str(service.public_id)
    sent = {**GRANT, "client_id": name}
    assert Program().post("token", sent, **header).status_code == 200
    for more in ({"client_secret": secret}, {"client_id": str(uuid4())}):
        assert Program().post("token", {**sent, **more}, **header).json()["error"] == "invalid_request"


def test_what_is_not_known_is_ignored(service: ServiceAccount, secret: str) -> None:
    assert ask_for_token(Program(), service, secret, audience="x", resource="y").status_code == 200


def test_failures_are_counted_and_keep_nobody_out_who_is_right(service: ServiceAccount, secret: str) -> None:
    answers = [ask_for_token(Program(), service, "wrong").status_code for _ in range(31)]
    assert answers == [401] * 30 + [429]
    assert ask_for_token(Program(), service, secret).status_code == 200
    stranger = {**GRANT, "client_id": str(uuid4()), "client_secret": "wrong"}
    assert [Program().post("token", stranger).status_code for _ in range(31)] == answers


def test_another_spelling_of_the_same_account_does_not_begin_anew(service: ServiceAccount) -> None:
    name = service.public_id
    spellings = [str(name), name.hex, name.urn, f"{{{name}}}", str(name).upper()]
    answers = [
        Program().post("token", {**GRANT, "client_id": spellings[number % 5], "client_secret": "ids_no"})
        for number in range(31)
    ]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429]


def test_one_network_asks_so_often(service: ServiceAccount, secret: str, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "client.address": "2/1m"}
    answers = [ask_for_token(Program(), service, secret) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0


def test_evidence_of_refusals_is_limited_itself(service: ServiceAccount, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "evidence.address": "2/1h"}
    for _ in range(4):
        assert ask_for_token(Program(), service, "wrong").status_code == 401
    events = Event.objects.of_action(Action.SERVICE_REFUSE)
    assert [event.organization for event in events] == [service.organization.public_id] * 2


# --- By a signed assertion ------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256"])
def test_an_assertion_opens_once(service: ServiceAccount, algorithm: str) -> None:
    pair = registered(service, Pair(algorithm))
    assertion = pair.signed(service.public_id)
    program = Program(bring(assertion).json()["access_token"])
    assert program.get("orgs/acme").status_code == 200
    assert refused(bring(assertion)) == "replay"


def test_it_may_call_us_by_either_name(service: ServiceAccount, pair: Pair) -> None:
    for audience in (settings.BASE_URL, f"{settings.BASE_URL}/api/auth/token", [settings.BASE_URL]):
        assert bring(pair.signed(service.public_id, aud=audience)).status_code == 200, audience


def test_a_client_id_beside_it_has_to_be_the_same(service: ServiceAccount, pair: Pair) -> None:
    same, other = str(service.public_id), str(uuid4())
    assert bring(pair.signed(service.public_id), client_id=same).status_code == 200
    assert refused(bring(pair.signed(service.public_id), client_id=other)) == "unknown"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://other.example"},
        {"aud": None},
        {"aud": f"{settings.BASE_URL}/api/auth"},
        {"aud": [settings.BASE_URL, "https://other.example"]},
        {"aud": []},
        {"jti": None},
        {"jti": ""},
        {"jti": 5},
        {"exp": None},
        {"exp": In(-60)},
        {"exp": In(3600)},
        {"exp": float("1e300")},
        {"exp": "soon"},
        {"exp": [1]},
        {"nbf": In(600)},
        {"iat": In(600)},
        {"sub": None},
        {"sub": "6f1c9f0e-8a3b-4c52-9b7d-2f4f6f0d1a11"},
        {"iss": None},
        {"iss": "Import"},
        {"iss": ["Import"]},
    ],
    ids=str,
)
def test_a_claim_that_is_wrong_or_missing_opens_nothing(
    service: ServiceAccount, pair: Pair, claims: dict[str, Any]
) -> None:
    header = {"alg": "EdDSA", "typ": "JWT"}
    said = {
        "iss": str(service.public_id),
        "sub": str(service.public_id),
        "aud": settings.BASE_URL,
        "exp": int(time.time()) + 60,
        "jti": str(uuid4()),
        **{
            name: int(time.time()) + value if isinstance(value, In) else value
            for name, value in claims.items()
        },
    }
    body = {name: value for name, value in said.items() if value is not None}
    assert refused(bring(spelled(header, body, pair.private.sign))) in ("credential", "unknown")


def test_no_algorithm_is_no_signature(service: ServiceAccount, pair: Pair) -> None:
    claims = jwt.decode(pair.signed(service.public_id), options={"verify_signature": False})
    assert refused(bring(jwt.encode(claims, None, algorithm="none"))) == "credential"


def test_a_public_key_is_no_shared_secret(service: ServiceAccount) -> None:
    """The oldest confusion: HMAC with what everybody may know."""
    pair = registered(service, Pair("RS256"))
    claims = jwt.decode(pair.signed(service.public_id), options={"verify_signature": False})
    shared = json.dumps(pair.public_jwk, separators=(",", ":")).encode()
    forged = spelled({"alg": "HS256"}, claims, lambda said: hmac.digest(shared, said, "sha256"))
    assert refused(bring(forged)) == "credential"


def test_the_header_chooses_neither_key_nor_algorithm(service: ServiceAccount, pair: Pair) -> None:
    thief = Pair()
    for headers in (
        {"jwk": thief.public_jwk},
        {"jku": "https://example.net/keys"},
        {"kid": "../../dev/null"},
        {"x5u": "https://example.net/cert"},
    ):
        assert refused(bring(thief.signed(service.public_id, headers=headers))) == "credential"
    assert refused(bring(pair.signed(service.public_id, headers={"crit": ["exp"]}))) == "unknown"
    assert refused(bring(pair.signed(service.public_id, headers={"typ": "at+jwt"}))) == "credential"
    assert refused(bring(Pair("ES256").signed(service.public_id))) == "credential"


def test_the_key_of_another_service_account_is_foreign(
    service: ServiceAccount,
    pair: Pair,
    globex: Organization,
) -> None:
    other, _secret = service_of(globex)
    theirs = registered(other, Pair())
    assert refused(bring(theirs.signed(service.public_id))) == "credential"
    assert refused(bring(pair.signed(other.public_id))) == "credential"


def test_the_same_name_of_an_assertion_is_anothers_to_use(
    service: ServiceAccount,
    pair: Pair,
    globex: Organization,
) -> None:
    other, _secret = service_of(globex)
    theirs = registered(other, Pair())
    assert bring(pair.signed(service.public_id, jti="1")).status_code == 200
    assert bring(theirs.signed(other.public_id, jti="1")).status_code == 200
    assert refused(bring(pair.signed(service.public_id, jti="1"))) == "replay"


@pytest.mark.parametrize(
    "assertion", ["a", "a.b.c", "..", "e30.e30.", "a" * 4000, "e30." + "W" * 3000 + ".e30"]
)
def test_what_is_no_assertion_opens_nothing(service: ServiceAccount, pair: Pair, assertion: str) -> None:
    assert refused(bring(assertion)) == "unknown"


def test_brackets_within_brackets_break_nothing(service: ServiceAccount, pair: Pair) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 1500).rstrip(b"=").decode()
    assert refused(bring(f"{deep}.{deep}.e30")) == "unknown"
    assert refused(bring(f"{deep}.e30.e30")) == "unknown"


def test_our_own_tokens_are_none(service: ServiceAccount, pair: Pair, alice: User) -> None:
    token = by_sign_in(alice).access
    assert refused(bring(token)) == "unknown"
    own = ours.issue(subject=service.public_id, sid=uuid4(), client_id=str(service.public_id))
    assert refused(bring(own)) == "unknown"


def test_an_assertion_is_no_access_token(service: ServiceAccount, pair: Pair) -> None:
    assert code_in(Program(pair.signed(service.public_id)).get("orgs/acme")) == "invalid_token"


@pytest.mark.parametrize("why", ["ended", "disabled", "suspended"])
def test_a_key_that_ended_signs_for_nobody(
    acme: Organization,
    service: ServiceAccount,
    pair: Pair,
    why: str,
) -> None:
    if why == "ended":
        services.end_credential(credential=services.credentials_of(service).get(), by=SHELL)
    elif why == "disabled":
        services.disable(service=service, by=SHELL)
    else:
        Organization.objects.filter(pk=acme.pk).update(status=why)
    refused(bring(pair.signed(service.public_id)))
    assert not UsedAssertion.objects.exists()


def test_replays_are_known_without_redis(service: ServiceAccount, pair: Pair) -> None:
    assertion = pair.signed(service.public_id)
    assert bring(assertion).status_code == 200
    cache.clear()
    assert refused(bring(assertion)) == "replay"


def test_a_lost_signing_key_takes_tokens_along(service: ServiceAccount, secret: str) -> None:
    program = Program()
    ask_for_token(program, service, secret)
    ring.rotate(at_once=True)
    assert code_in(program.get("orgs/acme")) == "invalid_token"


# --- Asking about tokens with the secret itself, as most resource servers do -------------------------


def ask_about(token: str, **headers: str) -> Any:
    return Program().post("token/introspect", {"token": token}, **headers)


@pytest.fixture
def asker(service: ServiceAccount) -> ServiceAccount:
    ServiceAccount.objects.of(service.organization).update(scope="tokens.introspect")
    Organization.objects.update(is_trusted=True)
    return service


def test_a_resource_server_asks_with_its_secret(asker: ServiceAccount, secret: str, alice: User) -> None:
    program = Program()
    program.sign_in(alice)
    answer = ask_about(program.access, **basic(asker.public_id, secret))
    assert (answer.status_code, answer.json()["active"]) == (200, True)
    assert "profile.read" in answer.json()["scope"]
    assert ask_about("x" * 5000, **basic(asker.public_id, secret)).json() == {"active": False}
    used = ServiceAccount.objects.of(asker.organization).get()
    assert used.last_used_from == "127.0.0.1"


def test_not_with_a_wrong_secret_nor_once_it_has_ended(asker: ServiceAccount, secret: str) -> None:
    assert refused(ask_about("x", **basic(asker.public_id, "wrong"))) == "credential"
    assert refused(ask_about("x", **basic("nobody", secret))) == "unknown"
    services.disable(service=asker, by=SHELL)
    assert refused(ask_about("x", **basic(asker.public_id, secret))) == "disabled"


def test_nor_without_the_scope_or_with_a_word_for_the_organization(
    asker: ServiceAccount, secret: str
) -> None:
    asked = basic(asker.public_id, secret)
    Organization.objects.update(is_trusted=False)
    assert code_in(ask_about("x", **asked)) == "forbidden"
    ServiceAccount.objects.of(asker.organization).update(scope="members.view")
    assert code_in(ask_about("x", **asked)) == "scope_missing"


def test_a_secret_opens_nothing_else_by_itself(asker: ServiceAccount, secret: str) -> None:
    ServiceAccount.objects.of(asker.organization).update(scope="organization.view")
    answer = Program().client.get("/api/auth/orgs/acme", headers=basic(asker.public_id, secret))
    assert (answer.status_code, code_in(answer)) == (401, "invalid_token")
