"""Service accounts: who makes them, what they can be given, and how they end."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.api.scopes import OF_SERVICES, Scope
from accounts.models import User
from audit.actions import Action, ActorKind
from audit.models import Event
from orgs.actor import SHELL
from orgs.flows import members, organizations, roles
from orgs.models import Membership, Organization
from orgs.permissions import BuiltIn
from tests.api import Program, code_in
from tests.orgs.conftest import join, person
from tests.orgs.programs import ask_for_token, by_service, by_sign_in, service_of
from tests.outbox import mails
from tests.tokens.assertions import Pair
from tests.tokens.conftest import HERE
from tokens import retention
from tokens.flows import keys, services
from tokens.models import ServiceAccount, ServiceCredential, UsedAssertion

pytestmark = pytest.mark.django_db
HOME = "orgs/acme/service-accounts"


@pytest.fixture
def owner(acme: Organization, alice: User) -> Program:
    return by_sign_in(alice)


def made(owner: Program, *scopes: str, name: str = "Import") -> str:
    answer = owner.post(HOME, {"name": name, "scopes": list(scopes or OF_SERVICES)})
    assert answer.status_code == 201, answer.content
    return f"{HOME}/{answer.json()['id']}"


def secret(owner: Program, path: str) -> dict[str, Any]:
    answer = owner.post(f"{path}/credentials", {"kind": "secret"})
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def token(credential: dict[str, Any]) -> Program:
    program = Program()
    asked = {"client_id": credential["client_id"], "client_secret": credential["secret"]}
    assert program.post("token", {"grant_type": "client_credentials", **asked}).status_code == 200
    return program


def works(program: Program) -> bool:
    """With the token in hand."""
    answer = program.get("orgs/acme")
    assert answer.status_code == 200 or code_in(answer) == "invalid_token"
    return bool(answer.status_code == 200)


def test_it_is_made_shown_once_and_works(owner: Program) -> None:
    path = made(owner)
    credential = secret(owner, path)
    assert keys.is_well_formed(credential["secret"], "ids_")
    assert works(token(credential))
    listed = owner.get(f"{path}/credentials").json()
    assert credential["secret"] not in str(listed)
    assert listed[0]["hint"] == credential["secret"][:8]
    assert listed[0]["last_used_at"] is not None
    assert owner.get(path).json()["last_used_from"] == "127.0.0.1"


def test_nothing_of_a_secret_is_stored(owner: Program) -> None:
    credential = secret(owner, made(owner))
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row_to_json(c)::text, '') FROM tokens_servicecredential c")
        assert credential["secret"][10:] not in cursor.fetchone()[0]
    assert credential["secret"] not in str(list(Event.objects.values()))


def test_nobody_gives_it_what_they_do_not_hold(acme: Organization, bobs: Membership) -> None:
    keeper = roles.create(organization=acme, name="Keeper", permissions=["services.manage"], by=SHELL)
    members.change_role(membership=bobs, own_roles=[keeper], by=SHELL)
    bob = by_sign_in(bobs.user)
    assert code_in(bob.post(HOME, {"name": "A", "scopes": ["members.manage"]})) == "above_yourself"
    path = made(bob, "members.view")
    assert code_in(bob.patch(path, {"scopes": ["members.view", "members.manage"]})) == "above_yourself"
    above, _secret = service_of(acme, Scope.MEMBERS_MANAGE, name="Above")
    for step in ("enable", "credentials"):
        answer = bob.post(f"{HOME}/{above.public_id}/{step}", {"kind": "secret"} if step[0] == "c" else None)
        assert code_in(answer) == "above_yourself", step


def test_nor_does_a_sign_in_that_asked_for_little(acme: Organization, alice: User) -> None:
    program = by_sign_in(alice, scope="services.manage members.view")
    assert program.post(HOME, {"name": "A", "scopes": ["members.view"]}).status_code == 201
    assert code_in(program.post(HOME, {"name": "B", "scopes": ["members.manage"]})) == "above_yourself"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": "", "scopes": []}, "name"),
        ({"name": "https://example.net/x", "scopes": []}, "name"),
        ({"name": "A", "scopes": ["organization.close"]}, "scopes.0"),
        ({"name": "A", "scopes": "members.view"}, "scopes"),
        ({"name": "A", "scopes": [], "organization": "globex"}, "organization"),
    ],
)
def test_what_makes_none_is_refused(owner: Program, data: Any, field: str) -> None:
    answer = owner.post(HOME, data)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_name_is_given_once(owner: Program, globex: Organization) -> None:
    service_of(globex, name="Import")
    other = made(owner, name="Other")
    made(owner)
    assert code_in(owner.post(HOME, {"name": "Import", "scopes": []})) == "name_taken"
    assert code_in(owner.patch(other, {"name": "Import"})) == "name_taken"


def test_there_are_a_hundred_at_most(owner: Program, acme: Organization) -> None:
    ServiceAccount.across_organizations.bulk_create(
        ServiceAccount(organization=acme, name=str(number)) for number in range(services.SERVICES_AT_MOST)
    )
    assert code_in(owner.post(HOME, {"name": "One more", "scopes": []})) == "too_many_services"


def test_two_credentials_let_one_take_the_place_of_the_other(owner: Program) -> None:
    path = made(owner)
    first, second = secret(owner, path), secret(owner, path)
    assert code_in(owner.post(f"{path}/credentials", {"kind": "secret"})) == "too_many_credentials"
    old, new = token(first), token(second)
    assert owner.delete(f"{path}/credentials/{first['id']}").status_code == 204
    assert (works(old), works(new)) == (False, True)
    assert owner.delete(f"{path}/credentials/{first['id']}").status_code == 404
    assert secret(owner, path)


@pytest.mark.parametrize("where", ["body", "address"])
def test_an_end_may_leave_time_to_change_over(owner: Program, where: str) -> None:
    path = made(owner)
    credential = secret(owner, path)
    end, program = f"{path}/credentials/{credential['id']}", token(credential)
    address, body = (f"{end}?grace_minutes=60", None) if where == "address" else (end, {"grace_minutes": 60})
    assert owner.delete(address, body).status_code == 204
    assert works(program)
    ends = ServiceCredential.across_organizations.get().expires_at - timezone.now()
    assert timedelta(minutes=59) < ends <= timedelta(minutes=60)
    owner.delete(end, {"grace_minutes": 1440})
    assert ServiceCredential.across_organizations.get().expires_at - timezone.now() <= timedelta(minutes=60)
    ServiceCredential.across_organizations.update(expires_at=timezone.now() - timedelta(hours=1))
    assert not works(program)


@pytest.mark.parametrize("grace", ["-1", "1441", "x", "1.5"])
def test_a_grace_lasts_a_day_at_most(owner: Program, grace: str) -> None:
    path = made(owner)
    end = f"{path}/credentials/{secret(owner, path)['id']}"
    assert owner.delete(f"{end}?grace_minutes={grace}").status_code == 422


def test_a_credential_lives_as_long_as_asked_and_a_year_at_most(owner: Program) -> None:
    path = made(owner)
    answer = owner.post(f"{path}/credentials", {"kind": "secret", "expires_in_days": 366})
    assert answer.json()["errors"][0]["field"] == "expires_in_days"
    owner.post(f"{path}/credentials", {"kind": "secret", "expires_in_days": 3})
    life = ServiceCredential.across_organizations.get().expires_at - timezone.now()
    assert timedelta(days=2) < life <= timedelta(days=3)


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256"])
def test_of_a_key_only_the_public_half_is_kept(owner: Program, algorithm: str) -> None:
    pair = Pair(algorithm)
    sent = {**pair.public_jwk, "use": "sig", "x5u": "https://example.net/"}
    answer = owner.post(f"{made(owner)}/credentials", {"kind": "key", "public_jwk": sent})
    assert answer.status_code == 201
    assert "secret" not in answer.json()
    kept = ServiceCredential.across_organizations.get().public_jwk
    assert set(kept) < set(sent)
    assert set(kept).isdisjoint({"use", "x5u", "d"})


@pytest.mark.parametrize(
    ("jwk", "code"),
    [
        ({"kty": "oct", "k": "c2VjcmV0"}, "private"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "a", "d": "b"}, "private"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "a"}, "unreadable"),
        ({"kty": "OKP", "crv": "Ed25519", "x": 5}, "unreadable"),
        ({"kty": "OKP", "crv": ["Ed25519"], "x": "a"}, "unreadable"),
        ({"kty": "EC", "crv": "P-521", "x": "a", "y": "b"}, "unreadable"),
        ({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, "unreadable"),
        ({"kty": "RSA", "n": "u" * 171, "e": "AQAB"}, "weak"),
        ({"kty": "RSA", "n": "u" * 1700, "e": "AQAB"}, "unwieldy"),
        ({}, "unreadable"),
    ],
)
def test_what_is_no_public_key_is_refused(owner: Program, jwk: Any, code: str) -> None:
    answer = owner.post(f"{made(owner)}/credentials", {"kind": "key", "public_jwk": jwk})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "public_jwk", "code": code, "detail": answer.json()["errors"][0]["detail"]}
    ]


@pytest.mark.parametrize("data", [{"kind": "key"}, {"kind": "secret", "public_jwk": {}}, {"kind": "both"}])
def test_a_credential_is_one_kind(owner: Program, data: Any) -> None:
    assert owner.post(f"{made(owner)}/credentials", data).status_code == 422


# --- What ends with the next request, also for the token in hand ----------------------------------


def test_disabled_it_opens_nothing_until_enabled(owner: Program) -> None:
    path = made(owner)
    credential = secret(owner, path)
    program = token(credential)
    assert owner.post(f"{path}/disable").json()["disabled_at"] is not None
    assert not works(program)
    asked = {"client_id": credential["client_id"], "client_secret": credential["secret"]}
    refused = Program().post("token", {"grant_type": "client_credentials", **asked})
    assert (refused.status_code, code_in(refused)) == (401, "invalid_client")
    assert owner.post(f"{path}/enable").json()["disabled_at"] is None
    assert works(program)


def test_deleted_it_is_gone(owner: Program) -> None:
    path = made(owner)
    program = token(secret(owner, path))
    assert owner.delete(path).status_code == 204
    assert not works(program)
    assert owner.get(path).status_code == 404


def test_what_is_taken_away_is_gone_and_what_is_added_waits_for_the_next_token(owner: Program) -> None:
    path = made(owner, "organization.view", "members.view")
    program = token(secret(owner, path))
    owner.patch(path, {"scopes": ["organization.view", "activity.view"]})
    assert code_in(program.get("orgs/acme/members")) == "scope_missing"
    assert code_in(program.get("orgs/acme/activity")) == "scope_missing"
    assert works(program)


@pytest.mark.parametrize("end", ["suspend", "close"])
def test_it_ends_with_its_organization(acme: Organization, end: str) -> None:
    program = by_service(acme)
    getattr(organizations, end)(organization=acme, by=SHELL)
    assert not works(program)
    if end == "suspend":
        organizations.resume(organization=acme, by=SHELL)
        assert works(program)


def test_it_outlives_who_made_it(acme: Organization, owner: Program, alice: User) -> None:
    program = token(secret(owner, made(owner)))
    other = join(acme, person("olga"), BuiltIn.OWNER)
    row = Membership.objects.of(acme).select_related("organization", "user").get(user=alice)
    members.remove(membership=row, by=SHELL)
    assert works(program)
    assert other.is_owner


def test_it_is_no_person(acme: Organization) -> None:
    program = by_service(acme)
    for path in ("me", "me/keys", "orgs", "orgs/invitations", "me/sessions"):
        assert code_in(program.get(path)) == "credential_not_allowed", path
    for path in ("logout", "reauthenticate", "orgs/acme/leave"):
        assert code_in(program.post(path)) == "credential_not_allowed", path


def test_whether_tokens_are_good_it_asks_where_the_site_vouches(acme: Organization) -> None:
    program = by_service(acme, Scope.TOKENS_INTROSPECT)
    answer = program.post("token/introspect", {"token": program.access}).json()
    assert (answer["active"], answer["client_id"]) == (True, answer["sub"])
    organizations.vouch(organization=acme, is_trusted=False, by=SHELL)
    assert code_in(program.post("token/introspect", {"token": program.access})) == "forbidden"


def test_asking_that_for_every_request_is_no_change(acme: Organization, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api.changes": "1/1m"}
    program = by_service(acme, Scope.TOKENS_INTROSPECT)
    for _ in range(3):
        assert program.post("token/introspect", {"token": program.access}).status_code == 200


# --- Evidence and mail ----------------------------------------------------------------------------


def test_the_log_knows_who_made_it_and_what_it_did(owner: Program, acme: Organization, alice: User) -> None:
    path = made(owner)
    secret(owner, path)
    events = list(Event.objects.of_organization(acme.public_id)[:2])
    assert [event.action for event in events] == [Action.CREDENTIAL_CREATE, Action.SERVICE_CREATE]
    assert {(event.actor, event.actor_kind) for event in events} == {(alice.public_id, ActorKind.PERSON)}
    service, text = service_of(acme, name="Other")
    ask_for_token(Program(), service, text)
    event = Event.objects.of_action(Action.SERVICE_SIGN_IN).get()
    assert (event.actor, event.actor_kind) == (service.public_id, ActorKind.SERVICE)
    assert event.personal_fields().address == "127.0.0.1"


def test_owners_are_told_of_each_account_and_credential(owner: Program, acme: Organization) -> None:
    other = join(acme, person("olga"), BuiltIn.OWNER).user
    secret(owner, made(owner))
    for message in ("service_account_made", "service_credential_made"):
        told = mails(message=message)
        assert {mail.recipient for mail in told} == {"alice@example.org", other.email}
        assert "Import" in told[0].text
        assert "It was done by Alice Arden." in told[0].text


def test_a_secret_that_somebody_found_dies_and_its_owners_are_told(acme: Organization) -> None:
    service, text = service_of(acme)
    program = Program()
    ask_for_token(program, service, text)
    assert Program().post("keys/report", {"key": text}).status_code == 204
    assert not works(program)
    assert not services.report(text=text, facts=HERE)
    event = Event.objects.of_action(Action.CREDENTIAL_REPORT).get()
    assert (event.actor_kind, event.organization) == (ActorKind.ANONYMOUS, acme.public_id)
    mail = mails(message="service_credential_reported").get()
    assert mail.recipient == "alice@example.org"
    assert "It was done by" not in mail.text


@pytest.mark.parametrize("text", ["", "ids_", "ids_" + "a" * 46, "idk_" + "a" * 46, "ids_\0"])
def test_what_is_no_secret_of_ours_ends_nothing(acme: Organization, text: str) -> None:
    program = by_service(acme)
    assert not services.report(text=text, facts=HERE)
    assert not services.report(text=keys.new_text("ids_"), facts=HERE)
    assert works(program)


def test_owners_are_told_before_a_credential_ends_once_for_each_time(acme: Organization) -> None:
    service_of(acme)
    counts = []
    for days in (31, 29, 29, 6, 1, 0.5, 0.4):
        ServiceCredential.across_organizations.update(
            expires_at=timezone.now() + timedelta(days=days), created_at=timezone.now() - timedelta(days=99)
        )
        counts.append(services.warn())
    assert counts == [0, 1, 0, 1, 1, 0, 0]
    assert mails(message="service_credential_ends").count() == 3


def test_an_owner_first_told_on_the_last_day_hears_of_it_once(acme: Organization) -> None:
    service_of(acme)
    ServiceCredential.across_organizations.update(
        expires_at=timezone.now() + timedelta(hours=20), created_at=timezone.now() - timedelta(days=99)
    )
    assert services.warn() == 1
    assert services.warn() == 0


@pytest.mark.parametrize("why", ["disabled", "suspended", "ended", "on its way out"])
def test_nobody_is_told_of_what_is_not_in_use(acme: Organization, why: str) -> None:
    service, _text = service_of(acme)
    row = services.credentials_of(service).get()
    ServiceCredential.across_organizations.update(
        expires_at=timezone.now() + timedelta(days=2), created_at=timezone.now() - timedelta(days=99)
    )
    if why == "disabled":
        services.disable(service=service, by=SHELL)
    elif why == "suspended":
        organizations.suspend(organization=acme, by=SHELL)
    else:
        grace = timedelta(hours=1) if why == "on its way out" else timedelta()
        services.end_credential(credential=row, by=SHELL, grace=grace)
    assert services.warn() == 0


def test_what_is_over_is_forgotten_in_time(acme: Organization) -> None:
    service, _text = service_of(acme)
    now = timezone.now()
    for number, age in enumerate([-1, 1]):
        over = now + timedelta(minutes=age)
        UsedAssertion.objects.create(service=service, digest=str(number), expires_at=over)
    ServiceCredential.across_organizations.update(ended_at=now - timedelta(days=31))
    retention.prune()
    assert UsedAssertion.objects.get().digest == "1"
    assert not ServiceCredential.across_organizations.exists()


def test_the_log_with_its_new_kind_of_actor_still_verifies(acme: Organization) -> None:
    by_service(acme)
    call_command("verify_audit_log")
