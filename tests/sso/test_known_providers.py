"""What is particular about Google, Microsoft and GitHub, against a server that answers as they do."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import User
from sso.social.configuration import Kind, Provider
from tests.machines.rogue_provider import RogueProvider
from tests.sso.conftest import SLOW, arrive, dora, leave

pytestmark = pytest.mark.django_db
TENANT = "11111111-2222-3333-4444-555555555555"


# --- Google ---------------------------------------------------------------------------------------------


@pytest.fixture
def google(acme: Provider, settings: Any) -> None:
    domains = frozenset({"gmail.com"})
    settings.SOCIAL_PROVIDERS = [replace(acme, kind=Kind.GOOGLE, trusted_domains=domains, proves_time=False)]


@pytest.mark.parametrize(
    ("claims", "proved"),
    [
        ({"email": "dora@gmail.com"}, True),
        ({"email": "dora@company.example", "hd": "company.example"}, True),
        ({"email": "dora@company.example"}, False),
        ({"email": "dora@company.example", "hd": "company.example", "email_verified": False}, False),
        ({"email": "dora@gmail.com", "email_verified": False}, False),
    ],
)
@pytest.mark.usefixtures("google")
def test_google_answers_for_the_mail_it_runs(
    client: Client, rogue: RogueProvider, claims: dict[str, Any], proved: bool
) -> None:
    arrive(client, rogue, dora(**claims))
    assert EmailAddress.objects.get().verified is proved


# --- Microsoft ------------------------------------------------------------------------------------------


@pytest.fixture
def microsoft(acme: Provider, rogue: RogueProvider, settings: Any) -> Provider:
    """At one address for all tenants, as `common` is."""
    provider = replace(acme, kind=Kind.MICROSOFT, issuer=f"{rogue.url}/common/v2.0")
    rogue.metadata = {"issuer": f"{rogue.url}/{{tenantid}}/v2.0"}
    document = rogue.documents()["/.well-known/openid-configuration"]
    rogue.github = {"/common/v2.0/.well-known/openid-configuration": document}
    settings.SOCIAL_PROVIDERS = [provider]
    return provider


def at_tenant(rogue: RogueProvider, tenant: str, **claims: Any) -> dict[str, Any]:
    return {"iss": f"{rogue.url}/{tenant}/v2.0", "tid": tenant, "xms_edov": True, **claims}


@pytest.mark.usefixtures("microsoft")
def test_any_tenant_may_answer_for_itself(client: Client, rogue: RogueProvider) -> None:
    assert arrive(client, rogue, dora(**at_tenant(rogue, TENANT)))["Location"] == "/account/"


@pytest.mark.usefixtures("microsoft")
@pytest.mark.parametrize("tid", ["another", None, "", "{tenantid}"])
def test_a_tenant_does_not_answer_for_another(client: Client, rogue: RogueProvider, tid: str | None) -> None:
    claims = at_tenant(rogue, TENANT, tid=tid)
    assert arrive(client, rogue, dora(**claims)).status_code == 400


@pytest.mark.usefixtures("microsoft")
def test_the_same_subject_in_two_tenants_is_two_people(client: Client, rogue: RogueProvider) -> None:
    arrive(client, rogue, dora(**at_tenant(rogue, TENANT)))
    second = at_tenant(rogue, TENANT.replace("1", "9"), email="other@acme.example")
    arrive(Client(), rogue, dora(**second))
    assert User.objects.count() == SocialAccount.objects.count() == 2


@pytest.mark.usefixtures("microsoft")
def test_an_address_that_a_tenant_merely_typed_proves_nothing(client: Client, rogue: RogueProvider) -> None:
    """Whoever runs a tenant can give its users any address; `email_verified` is not Microsoft's word for it."""
    claims = at_tenant(rogue, TENANT, xms_edov=None, email_verified=True)
    assert arrive(client, rogue, dora(**claims))["Location"] == "/account/confirm-email/"


def test_one_tenant_named_by_the_operator_is_itself(
    client: Client, rogue: RogueProvider, microsoft: Provider, settings: Any
) -> None:
    settings.SOCIAL_PROVIDERS = [replace(microsoft, issuer=f"{rogue.url}/{TENANT}/v2.0")]
    rogue.metadata = {"issuer": f"{rogue.url}/{TENANT}/v2.0"}
    document = rogue.documents()["/.well-known/openid-configuration"]
    rogue.github = {f"/{TENANT}/v2.0/.well-known/openid-configuration": document}
    assert arrive(client, rogue, dora(**at_tenant(rogue, TENANT)))["Location"] == "/account/"
    other = dora(**at_tenant(rogue, TENANT.replace("1", "9")), sub="x")
    assert arrive(Client(), rogue, other).status_code == 400


# --- GitHub ---------------------------------------------------------------------------------------------


@pytest.fixture
def octocat(github: Provider, rogue: RogueProvider) -> RogueProvider:
    """Its API, as far as we ask it. The token endpoint has no ID token to give, and what is sent is ignored."""
    rogue.github = {
        "/api/v3/user": {
            "id": 583231,
            "login": "octocat",
            "name": "Dora Dean",
            "email": "public@else.example",
        },
        "/api/v3/user/emails": [
            {"email": "old@acme.example", "primary": False, "verified": True},
            {"email": "dora@acme.example", "primary": True, "verified": True},
        ],
    }
    return rogue


def come(client: Client, rogue: RogueProvider) -> Any:
    return arrive(client, rogue, dora(), "/account/with/github/")


def test_github_opens_an_account(client: Client, octocat: RogueProvider) -> None:
    assert come(client, octocat)["Location"] == "/account/"
    user = User.objects.get()
    assert (user.email, user.name) == ("dora@acme.example", "Dora Dean")
    assert SocialAccount.objects.get().extra_data["subject"] == "583231"
    assert come(Client(), octocat)["Location"] == "/account/"
    assert User.objects.count() == 1


def test_github_is_asked_with_pkce_and_little_else(client: Client, octocat: RogueProvider) -> None:
    asked = dict(parse_qsl(urlsplit(leave(client, "/account/with/github/")).query))
    assert asked["scope"] == "user:email"
    assert asked["code_challenge_method"] == "S256"
    assert "nonce" not in asked


def test_a_renamed_user_is_the_same_one(client: Client, octocat: RogueProvider) -> None:
    come(client, octocat)
    octocat.github["/api/v3/user"] |= {"login": "renamed"}
    octocat.github["/api/v3/user/emails"] = [{"email": "new@acme.example", "primary": True, "verified": True}]
    come(Client(), octocat)
    assert User.objects.get().email == "dora@acme.example"


def test_a_name_taken_over_is_another_user(client: Client, octocat: RogueProvider) -> None:
    come(client, octocat)
    octocat.github["/api/v3/user"] |= {"id": 99}
    assert come(Client(), octocat).status_code == 403
    assert SocialAccount.objects.count() == 1


def test_an_address_github_has_not_verified_is_asked(client: Client, octocat: RogueProvider) -> None:
    octocat.github["/api/v3/user/emails"][1]["verified"] = False
    assert come(client, octocat)["Location"] == "/account/confirm-email/"


@pytest.mark.parametrize("emails", [[], {}, "x", [7], [{"primary": True}], [{"primary": True, "email": 7}]])
def test_without_a_primary_address_there_is_no_account(
    client: Client, octocat: RogueProvider, emails: Any
) -> None:
    octocat.github["/api/v3/user/emails"] = emails
    assert come(client, octocat).status_code == 403


@pytest.mark.parametrize("subject", [None, "583231", True, 1.5, [1]])
def test_a_user_without_a_number_is_nobody(client: Client, octocat: RogueProvider, subject: Any) -> None:
    octocat.github["/api/v3/user"]["id"] = subject
    assert come(client, octocat).status_code == 400


@pytest.mark.parametrize("mood", [500, 302, 401, "garbage", "list", *SLOW])
@pytest.mark.parametrize("path", ["/login/oauth/access_token", "/api/v3/user"])
def test_github_away_is_told(
    client: Client, octocat: RogueProvider, settings: Any, path: str, mood: Any
) -> None:
    octocat.moods[path] = mood
    if mood in SLOW:
        settings.SOCIAL_PROVIDER_PATIENCE = 0.5
    assert come(client, octocat).status_code in (400, 503)
    assert not User.objects.exists()
