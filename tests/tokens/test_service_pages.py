"""The pages of service accounts × who asks × state, and what somebody does on them from the first to the last."""

import json
import re
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from orgs.actor import SHELL
from orgs.models import Membership, Organization
from orgs.permissions import Permission
from tests.api import Program
from tests.orgs import pages
from tests.orgs.conftest import join, person, signed_in
from tests.orgs.pages import World, cast_of, get, give, post
from tests.orgs.programs import ask_for_token
from tests.orgs.test_table import ask
from tests.tokens.assertions import Pair
from tokens import public_keys
from tokens.flows import services
from tokens.models import ServiceAccount, ServiceCredential
from tokens.urls import organization_urlpatterns

HOME = "/orgs/acme/services/"

pytestmark = pytest.mark.django_db


TABLE = [
    get("services"),
    get("new-service", is_guarded=True),
    post("new-service", name="Fresh", scopes=["members.view", "organization.view"]),
    get("service", "service"),
    get("edit-service", "service", is_guarded=True),
    post("edit-service", "service", name="Other", scopes=["members.view"]),
    post("disable-service", "service"),
    post("enable-service", "service"),
    post("delete-service", "service"),
    get("new-credential", "service", is_guarded=True),
    # Shown once, and not led away from.
    post("new-credential", "service", kind="secret", days="30", done=200),
    post("end-credential", "service", "credential", grace="0"),
]


def world(organization: Organization) -> World:
    service = services.create(organization=organization, name="Import", scopes={"members.view"}, by=SHELL)
    ends = timezone.now() + timedelta(days=9)
    made = services.add_credential(service=service, expires_at=ends, by=SHELL)
    return World(
        "tokens", organization, {"service": service.public_id, "credential": made.credential.public_id}
    )


@pytest.fixture
def acmes(acme: Organization) -> World:
    return world(acme)


@pytest.fixture
def cast(acme: Organization, alice: User, bobs: Membership, charlie: User, admin: User) -> dict[str, Client]:
    return cast_of(acme, owner=alice, member=bobs.user, outsider=charlie, staff=admin)


def test_the_table(acmes: World, cast: dict[str, Client]) -> None:
    pages.opens_to_whom_it_says(TABLE, acmes, cast)


def test_the_outsider_sees_the_same_as_where_there_is_nothing(acmes: World, charlie: User) -> None:
    pages.looks_like_nothing_to(charlie, TABLE, acmes)


def test_the_table_names_every_address() -> None:
    assert {row.name for row in TABLE} == {pattern.name for pattern in organization_urlpatterns}


def test_what_another_organization_has_is_nowhere(acmes: World, globex: Organization, alice: User) -> None:
    pages.is_nowhere(TABLE, acmes, world(globex), alice)


def test_nor_is_a_credential_of_another_account_of_ones_own(acmes: World, alice: User) -> None:
    other = services.create(organization=acmes.organization, name="Other", scopes=set(), by=SHELL)
    client, before = signed_in(alice), Event.objects.count()
    row = next(row for row in TABLE if row.name == "end-credential")
    assert ask(client, row, acmes.with_ids(service=other.public_id).path(row)).status_code == 404
    assert Event.objects.count() == before


def test_what_matters_asks_once_more_who_it_is(acmes: World, alice: User) -> None:
    pages.asks_once_more_who_it_is(TABLE, acmes, alice)


def test_from_the_first_press_to_the_last(acme: Organization, alice: User) -> None:
    client = signed_in(alice)
    assert "None so far" in client.get(HOME).text
    made = client.post(
        f"{HOME}new/", {"name": "Import", "scopes": ["members.view", "organization.view"]}, follow=True
    )
    service = ServiceAccount.objects.of(acme).get()
    here = f"{HOME}{service.public_id}/"
    assert made.redirect_chain == [(here, 302)]
    assert "until then it opens nothing" in made.text
    assert "See who is a member" in made.text

    shown = client.post(f"{here}credentials/new/", {"kind": "secret", "days": "30"})
    secret = re.search(r"ids_\w+", shown.text)
    assert secret
    assert shown.headers["Cache-Control"] == "no-store"
    assert secret[0] not in client.get(here).text
    assert ask_for_token(Program(), service, secret[0]).status_code == 200

    assert client.post(f"{here}disable/").url == here
    assert ask_for_token(Program(), service, secret[0]).status_code == 401
    assert client.post(f"{here}enable/").url == here
    credential = ServiceCredential.objects.of(acme).get()
    assert client.post(f"{here}credentials/{credential.public_id}/end/", {"grace": "60"}).url == here
    assert ask_for_token(Program(), service, secret[0]).status_code == 200
    assert "being replaced" in client.get(here).text
    assert client.post(f"{here}credentials/{credential.public_id}/end/", {"grace": "0"}).url == here
    assert ask_for_token(Program(), service, secret[0]).status_code == 401

    assert client.post(f"{here}delete/").url == HOME
    assert not ServiceAccount.objects.of(acme).exists()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("spelling", ["pem", "jwk"])
def test_a_public_key_may_be_pasted_as_one_has_it(
    acmes: World, alice: User, algorithm: str, spelling: str
) -> None:
    pair = Pair(algorithm)
    pem = pair.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    pasted = pem if spelling == "pem" else json.dumps(pair.public_jwk)
    path = acmes.path(post("new-credential", "service"))
    answer = signed_in(alice).post(path, {"kind": "key", "public_key": pasted, "days": "30"})
    assert answer.status_code == 302
    stored = ServiceCredential.objects.of(acmes.organization).get(kind="key").public_jwk
    assert stored == public_keys.checked(pair.public_jwk)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"kind": "key"}, "Paste the public half"),
        ({"kind": "key", "public_key": "nonsense"}, "no public key of a kind that is taken"),
        ({"kind": "key", "public_key": '{"kty": "oct", "k": "AAAA"}'}, "private or secret key"),
        ({"kind": "key", "public_key": "-----BEGIN PRIVATE KEY-----\nAAAA"}, "private or secret key"),
        ({"kind": "key", "public_key": "[" * 9000}, "no public key of a kind that is taken"),
        ({"kind": "key", "public_key": '{"a":' * 1800}, "no public key of a kind that is taken"),
        ({"kind": "key", "public_key": "[]"}, "no public key of a kind that is taken"),
        ({"kind": "secret", "public_key": "x"}, "goes with a key pair"),
        ({"kind": "secret", "days": "9999"}, "9999"),
        ({"kind": "other"}, "other"),
    ],
)
def test_what_is_no_credential_is_said_beside_its_field(
    acmes: World, alice: User, sent: dict[str, str], said: str
) -> None:
    path = acmes.path(post("new-credential", "service"))
    answer = signed_in(alice).post(path, {"days": "30", **sent})
    assert answer.status_code == 200
    assert said in answer.text
    assert ServiceCredential.objects.of(acmes.organization).count() == 1


def test_nobody_gives_by_it_what_they_lack(acmes: World) -> None:
    """Somebody who may make service accounts, and nothing else."""
    otto = join(acmes.organization, person("otto"))
    give(otto, [Permission.SERVICES_MANAGE])
    client = signed_in(otto.user)
    assert "members.manage" not in client.get(f"{HOME}new/").text
    client.post(f"{HOME}new/", {"name": "Mine", "scopes": ["members.manage"]})
    assert not ServiceAccount.objects.of(acmes.organization).filter(name="Mine").exists()
    ServiceAccount.objects.of(acmes.organization).update(scope="members.manage members.view")
    answer = client.post(
        acmes.path(post("new-credential", "service")), {"kind": "secret", "days": "7"}, follow=True
    )
    assert "more than you may do yourself" in answer.text
    assert ServiceCredential.objects.of(acmes.organization).count() == 1


def test_a_third_credential_and_a_name_that_is_taken_are_said_in_the_form(acmes: World, alice: User) -> None:
    client, path = signed_in(alice), acmes.path(post("new-credential", "service"))
    assert "ids_" in client.post(path, {"kind": "secret", "days": "7"}).text
    assert "two credentials at most" in client.post(path, {"kind": "secret", "days": "7"}).text
    assert "of this name already" in client.post(f"{HOME}new/", {"name": "Import"}).text


def test_the_menu_shows_it_to_those_who_may(acmes: World, alice: User, bobs: Membership) -> None:
    assert HOME in signed_in(alice).get("/orgs/acme/").text
    assert HOME not in signed_in(bobs.user).get("/orgs/acme/").text


def test_a_secret_that_was_pasted_by_mistake_is_not_shown_again(acmes: World, alice: User) -> None:
    path, secret = acmes.path(post("new-credential", "service")), "-----BEGIN PRIVATE KEY-----\nSECRET"
    answer = signed_in(alice).post(path, {"kind": "key", "public_key": secret, "days": "30"})
    assert "private or secret key" in answer.text
    assert "SECRET" not in answer.text


def test_what_is_shown_once_cannot_be_lost_to_another_language(acmes: World, alice: User) -> None:
    client = signed_in(alice)
    key = {"name": "Backup", "scopes": ["profile.read"], "days": "30"}
    shown = [
        client.post(acmes.path(post("new-credential", "service")), {"kind": "secret", "days": "30"}),
        client.post("/account/keys/new/", key),
    ]
    for answer in shown:
        assert "It is shown only now" in answer.text
        assert "Deutsch" not in answer.text
    assert "Deutsch" in client.get("/account/keys/").text
    assert "See your profile" in client.get("/account/keys/").text
