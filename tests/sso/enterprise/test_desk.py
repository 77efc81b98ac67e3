"""Connections at the administrators' desk, and by the command of whoever runs the machine."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Session, User
from audit.actions import Action
from audit.models import Event
from core.desk.permissions import SitePermission
from orgs.models import Domain, Organization
from sso.models import Connection, GroupRule, IdpCertificate, ServiceKey
from sso.social import directory
from tests.conftest import give_app
from tests.desk import chosen, give
from tests.machines.rogue_provider import RogueProvider
from tests.orgs.conftest import person, signed_in
from tests.sso.enterprise.documents import document
from tests.sso.saml.provider import IDP_KEY, Provider
from tests.sso.saml.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
LIST = "/admin/sso/connection/"


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("sso_connection", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "idp.xml"
    path.write_text(document())
    return str(path)


def test_the_command_connects_in_one_line(acme_org: Organization, file: str) -> None:
    said = run("add", "--org", "acme", "--slug", "acme-sso", "--metadata", file, "--domain", "acme.example")
    made = Connection.objects.with_slug("acme-sso").get()
    assert made.entity_id in said
    assert made.acs_url in said
    assert (made.idp_entity_id, made.is_ready, made.signs_requests) == ("https://idp.example/", True, True)
    assert Domain.objects.of(acme_org).get().verified_at is not None
    assert "is ready" in run("test", "acme-sso")
    assert json.loads(run("show", "acme-sso", "--json"))["domains"] == ["acme.example"]
    assert [row["slug"] for row in json.loads(run("list", "--json"))] == ["acme-sso"]
    assert Event.objects.filter(action=Action.SSO_CREATE).exists()


def test_it_maps_switches_and_removes(acme_org: Organization, file: str) -> None:
    run(
        "add",
        "--org",
        "acme",
        "--slug",
        "acme-sso",
        "--metadata",
        file,
        "--map",
        "email=Mail",
        "--allow-idp-initiated",
    )
    made = Connection.objects.with_slug("acme-sso").get()
    assert (made.mapping, made.allow_idp_initiated) == ({"email": "Mail"}, True)
    run("update", "acme-sso", "--disable", "--no-allow-idp-initiated", "--roll-key")
    made.refresh_from_db()
    assert (made.is_active, made.allow_idp_initiated, ServiceKey.objects.count()) == (False, False, 2)
    with pytest.raises(CommandError, match="not ready"):
        run("test", "acme-sso")
    run("remove", "acme-sso")
    assert not Connection.across_organizations.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "--org", "nobody", "--slug", "x1"),
        ("add", "--org", "acme", "--slug", "Not A Slug"),
        ("add", "--org", "acme", "--slug", "x1", "--metadata", "/does/not/exist"),
        ("add", "--org", "acme", "--slug", "x1", "--map", "colour=blue"),
        ("add", "--org", "acme", "--slug", "x1", "--domain", "nodomain"),
        ("add", "--org", "acme", "--slug", "x1", "--domain", "gmail.com"),
        ("show", "nobody"),
        ("update", "nobody"),
        ("test", "nobody"),
        ("remove", "nobody"),
    ],
)
def test_what_cannot_be_leaves_nothing(acme_org: Organization, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    assert "\n" not in str(caught.value)
    assert not Connection.across_organizations.exists()
    assert not Domain.across_organizations.exists()


def test_it_connects_an_openid_provider(
    acme_org: Organization, rogue: RogueProvider, settings: Any, tmp_path: Path
) -> None:
    settings.DEBUG = True
    secret = tmp_path / "secret"
    secret.write_text("the secret\n")
    client = ("--issuer", rogue.url, "--client-id", "us", "--client-secret-file", str(secret))
    said = run("add", "--org", "acme", "--slug", "acme-id", *client)
    made = Connection.objects.with_slug("acme-id").get()
    assert (made.kind, made.client_secret, made.is_ready) == ("openid", "the secret", True)
    assert made.callback_url in said
    rogue.moods["/.well-known/openid-configuration"] = 500
    directory.forget()
    with pytest.raises(CommandError, match="does not describe itself"):
        run("add", "--org", "acme", "--slug", "other-id", *client)
    assert Connection.across_organizations.count() == 1


def test_an_openid_provider_is_set_up_at_the_desk(
    as_admin: Client, acme_org: Organization, rogue: RogueProvider, settings: Any
) -> None:
    settings.DEBUG = True
    as_admin.post(
        f"{LIST}add/", {"organization": "acme", "slug": "acme-id", "name": "Acme ID", "kind": "openid"}
    )
    made = Connection.objects.with_slug("acme-id").get()
    page, given = f"{LIST}{made.pk}/change/", {"name": "Acme ID", "is_active": "on", "mapping": "{}"}
    assert made.callback_url in as_admin.get(page).text
    sent = {**given, "issuer": rogue.url, "client_id": "us", "client_secret": " the secret "}
    assert as_admin.post(page, sent).status_code == 302
    made = Connection.objects.with_slug("acme-id").get()
    assert (made.issuer, made.client_secret, made.is_ready) == (rogue.url, " the secret ", True)
    assert "the secret" not in as_admin.get(page).text
    as_admin.post(page, {**sent, "client_secret": "", "name": "Acme"})
    made = Connection.objects.with_slug("acme-id").get()
    assert (made.client_secret, made.name) == (" the secret ", "Acme")
    refused = as_admin.post(page, {**sent, "issuer": "https://nobody.invalid"})
    assert "does not describe itself" in refused.text


def test_labels_of_its_form_begin_like_all_others(as_admin: Client, acme_org: Organization) -> None:
    labels = re.findall(r"<label[^>]*>\s*([^<:]+)", as_admin.get(f"{LIST}add/").text)
    assert {"Metadata from", "Metadata as text", "Domains to vouch for"} <= set(labels)
    assert [label for label in labels if label[0].islower()] == []


def test_whoever_only_looks_sees_nothing_that_is_typed_in(acme_org: Organization, file: str) -> None:
    run("add", "--org", "acme", "--slug", "acme-sso", "--metadata", file)
    looker = person("looker")
    give(looker, SitePermission.CONNECTIONS_VIEW)
    give_app(looker)
    page = signed_in(looker).get(f"{LIST}{Connection.objects.with_slug('acme-sso').get().pk}/change/").text
    assert "Metadata as text" not in page
    assert ">None<" not in page


def test_a_slug_and_a_domain_are_taken_once(acme_org: Organization, globex: Organization) -> None:
    run("add", "--org", "acme", "--slug", "one", "--domain", "acme.example")
    for more in (("--slug", "one"), ("--slug", "two", "--domain", "acme.example")):
        with pytest.raises(CommandError):
            run("add", "--org", "globex", *more)
    assert Connection.across_organizations.count() == 1


@pytest.mark.parametrize(
    "knobs",
    [
        {"certificate": ""},
        {"certificate": "bm8gY2VydGlmaWNhdGU="},
        {"use": "encryption"},
        {"sso": "javascript:alert(1)"},
        {"sso": ""},
        {"entity_id": ""},
        {"times": 2},
        {"doctype": "<!DOCTYPE x [<!ENTITY a 'b'>]>"},
        {"role": "SPSSODescriptor"},
        {"until": "2026-01-01T00:00:00Z"},
        {"until": "soon"},
    ],
)
def test_metadata_that_cannot_be_used_changes_nothing(
    acme_org: Organization, tmp_path: Path, knobs: dict[str, Any]
) -> None:
    path = tmp_path / "idp.xml"
    path.write_text(document(**knobs))
    with pytest.raises(CommandError):
        run("add", "--org", "acme", "--slug", "acme-sso", "--metadata", str(path))
    assert not Connection.across_organizations.exists()


def test_new_metadata_replaces_the_certificates(connection: Connection, tmp_path: Path) -> None:
    path = tmp_path / "idp.xml"
    path.write_text(document())
    run("update", connection.slug, "--metadata", str(path))
    assert [row.fingerprint for row in IdpCertificate.objects.all()] == [IDP_KEY.fingerprint]


def test_at_the_desk_it_is_made_and_changed(as_admin: Client, acme_org: Organization) -> None:
    given = {
        "organization": "acme",
        "kind": "saml",
        "slug": "acme-sso",
        "name": "Acme",
        "text": document(),
        "vouched_domains": "acme.example",
    }
    assert as_admin.post(f"{LIST}add/", given).status_code == 302
    made = Connection.objects.with_slug("acme-sso").get()
    assert made.is_usable
    page = as_admin.get(f"{LIST}{made.pk}/change/").content.decode()
    assert made.acs_url in page
    changed = {
        "name": "Acme",
        "is_active": "on",
        "mapping": "{}",
        "name_id_format": made.name_id_format,
        "legacy": ["sha1"],
        "legacy_until_0": "2099-01-01",
        "legacy_until_1": "00:00",
    }
    assert "half a year" in as_admin.post(f"{LIST}{made.pk}/change/", changed).content.decode()


def test_removed_at_the_desk_everybody_is_out(as_admin: Client, idp: Provider, client: Client) -> None:
    Domain.across_organizations.create(
        organization=idp.connection.organization,
        name="acme.example",
        challenge="x",
        verified_at="2026-01-01T00:00:00Z",
    )
    sign_in(client, idp)
    as_admin.post(LIST, chosen("remove", idp.connection))
    assert not Session.objects.filter(user__email="dora@acme.example").exists()
    assert User.objects.filter(email="dora@acme.example").exists()
    assert not GroupRule.across_organizations.exists()
