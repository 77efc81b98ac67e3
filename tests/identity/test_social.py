"""Providers from the environment: what fits is offered, what does not stops the start and says why."""

import json
from typing import Any

import pytest

from identity import social
from identity.env import Env, SettingError
from sso.social.configuration import Kind

ACME = {
    "slug": "acme",
    "name": "Acme",
    "issuer": "https://id.acme.example",
    "client_id": "identity",
    "client_secret": "s",
}


def read(**values: Any) -> Any:
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
    return social.providers(Env(texts))


def test_without_settings_there_are_none() -> None:
    assert read() == []


def test_every_kind_is_offered_in_this_order() -> None:
    known = {
        f"{kind.upper()}_CLIENT_{what}": "x"
        for kind in ("google", "microsoft", "github")
        for what in ("ID", "SECRET")
    }
    found = read(**known, OIDC_PROVIDERS=[ACME])
    assert [provider.slug for provider in found] == ["google", "microsoft", "github", "acme"]
    assert [provider.kind for provider in found] == [Kind.GOOGLE, Kind.MICROSOFT, Kind.GITHUB, Kind.OPENID]
    assert [provider.proves_time for provider in found] == [False, True, False, True]


def test_a_secret_is_not_shown() -> None:
    (provider,) = read(OIDC_PROVIDERS=[{**ACME, "client_secret": "very secret"}])
    assert "very secret" not in repr(provider)


def test_google_is_trusted_for_its_own_domains() -> None:
    (google,) = read(GOOGLE_CLIENT_ID="x", GOOGLE_CLIENT_SECRET="y")
    assert google.is_trusted_for("a@gmail.com")
    assert not google.is_trusted_for("a@example.org")
    assert not google.is_trusted_for("a@not-gmail.com")


def test_every_domain_can_be_trusted() -> None:
    (acme,) = read(OIDC_PROVIDERS=[{**ACME, "trusted_domains": ["*"]}])
    assert acme.is_trusted_for("a@example.org")


def test_microsoft_can_be_one_tenant() -> None:
    tenant = "11111111-2222-3333-4444-555555555555"
    (found,) = read(MICROSOFT_CLIENT_ID="x", MICROSOFT_CLIENT_SECRET="y", MICROSOFT_TENANT=tenant)
    assert found.issuer == f"https://login.microsoftonline.com/{tenant}/v2.0"


def test_a_provider_on_this_machine_needs_no_encryption() -> None:
    (found,) = read(OIDC_PROVIDERS=[{**ACME, "issuer": "http://127.0.0.1:8080"}])
    assert found.issuer == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"GOOGLE_CLIENT_ID": "x"}, "GOOGLE_CLIENT_SECRET"),
        ({"GITHUB_CLIENT_SECRET": "x"}, "GITHUB_CLIENT_ID"),
        ({"MICROSOFT_TENANT": "contoso.com"}, "MICROSOFT_TENANT"),
        ({"MICROSOFT_TENANT": "consumers"}, "MICROSOFT_TENANT"),
        ({"GITHUB_URL": "http://github.example"}, "GITHUB_URL"),
        ({"GITHUB_TRUSTED_DOMAINS": "Example.org"}, "GITHUB_TRUSTED_DOMAINS"),
        ({"GOOGLE_TRUSTED_DOMAINS": "@gmail.com"}, "GOOGLE_TRUSTED_DOMAINS"),
        ({"OIDC_PROVIDERS": "{"}, "OIDC_PROVIDERS: expected JSON"),
        ({"OIDC_PROVIDERS": {}}, "OIDC_PROVIDERS: expected a list"),
        ({"OIDC_PROVIDERS": [7]}, "OIDC_PROVIDERS: expected a list"),
        ({"OIDC_PROVIDERS": [{**ACME, "issuer": "http://id.acme.example"}]}, "issuer"),
        ({"OIDC_PROVIDERS": [{**ACME, "issuer": "id.acme.example"}]}, "issuer"),
        ({"OIDC_PROVIDERS": [{**ACME, "issuer": "https://id.acme.example/?a=b"}]}, "issuer"),
        ({"OIDC_PROVIDERS": [{**ACME, "issuer": ""}]}, "issuer"),
        ({"OIDC_PROVIDERS": [{**ACME, "slug": "Acme"}]}, "slug"),
        ({"OIDC_PROVIDERS": [{**ACME, "slug": "google"}]}, "slug"),
        ({"OIDC_PROVIDERS": [{**ACME, "slug": "../x"}]}, "slug"),
        ({"OIDC_PROVIDERS": [{**ACME, "name": 7}]}, "name"),
        ({"OIDC_PROVIDERS": [{**ACME, "client_secret": None}]}, "client_secret"),
        ({"OIDC_PROVIDERS": [{**ACME, "secret": "x"}]}, "secret"),
        ({"OIDC_PROVIDERS": [{**ACME, "trusted_domains": "acme.example"}]}, "trusted_domains"),
        ({"OIDC_PROVIDERS": [{**ACME, "trusted_domains": ["acme"]}]}, "trusted_domains"),
        ({"OIDC_PROVIDERS": [{**ACME, "proves_time": "yes"}]}, "proves_time"),
        ({"OIDC_PROVIDERS": [ACME, ACME]}, "slug 'acme' is used by two"),
        ({"OIDC_PROVIDERS": [ACME, {**ACME, "slug": "other"}]}, "issuer .* is used by two"),
    ],
)
def test_what_does_not_fit_is_named(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SettingError, match=complaint):
        read(**values)


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    with pytest.raises(SettingError) as caught:
        read(OIDC_PROVIDERS="my-secret-value")
    assert "my-secret-value" not in str(caught.value)
