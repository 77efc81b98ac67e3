"""What an OpenID provider publishes about itself: its endpoints and its keys, remembered by each process.

In the process and not in the cache: whoever could write keys there could sign in as anybody.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
import structlog
import urllib3

from sso.social import web
from sso.social.configuration import Kind, Provider
from sso.social.errors import ProviderDown

log = structlog.get_logger(__name__)

FRESH = 3600.0
# While a provider is away, what it last said still counts for so long …
LAST_GOOD = 86_400.0
# … and it is asked again, also for a key that nobody knows, no more often than this.
ASK_AGAIN = 30.0
WELL_KNOWN = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True)
class Metadata:
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    basic_auth: bool
    names_itself: bool


@dataclass
class Remembered:
    value: Any
    read_at: float
    asked_at: float


_known: dict[tuple[str, str], Remembered] = {}


def metadata(provider: Provider) -> Metadata:
    found: Metadata = _remember(("metadata", provider.issuer), lambda: _read_metadata(provider), FRESH)
    return found


def keys(provider: Provider, *, wanted: str | None) -> list[dict[str, Any]]:
    """Read anew when the wanted one is missing: providers roll their keys without asking."""
    name, about = ("keys", provider.issuer), metadata(provider)
    found: list[dict[str, Any]] = _remember(name, lambda: _read_keys(about), FRESH)
    if wanted is not None and all(key.get("kid") != wanted for key in found):
        found = _remember(name, lambda: _read_keys(about), ASK_AGAIN)
    return found


def forget() -> None:
    _known.clear()


def _remember(name: tuple[str, str], read: Callable[[], Any], fresh: float) -> Any:
    known, now = _known.get(name), time.monotonic()
    if known and (now - known.read_at < fresh or now - known.asked_at < ASK_AGAIN):
        return known.value
    try:
        value = read()
    except (ProviderDown, requests.RequestException, urllib3.exceptions.HTTPError) as error:
        if known is None or now - known.read_at > LAST_GOOD:
            raise
        log.warning("provider_unavailable", issuer=name[1], what=name[0], reason=type(error).__name__)
        known.asked_at = now
        return known.value
    _known[name] = Remembered(value, read_at=now, asked_at=now)
    return value


def _read_metadata(provider: Provider) -> Metadata:
    found = web.get_object(provider.issuer.rstrip("/") + WELL_KNOWN)
    if found.get("issuer") != _expected_issuer(provider):
        raise ProviderDown("metadata-of-another-issuer")
    used = [*ENDPOINTS, *(["userinfo_endpoint"] if found.get("userinfo_endpoint") else [])]
    for name in used:
        if not web.is_safe_endpoint(found.get(name), provider.issuer):
            raise ProviderDown(f"metadata-without-{name}")
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Metadata(
        issuer=found["issuer"],
        **{name: found[name] for name in ENDPOINTS},
        userinfo_endpoint=found.get("userinfo_endpoint") or "",
        basic_auth="client_secret_post" not in methods,
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
    )


def _expected_issuer(provider: Provider) -> str:
    """Microsoft answers for all tenants at one address; which one it is stands in the token."""
    tenant = provider.issuer.split("/")[-2] if provider.kind == Kind.MICROSOFT else ""
    if tenant in ("common", "organizations"):
        return provider.issuer.replace(f"/{tenant}/", "/{tenantid}/")
    return provider.issuer


def _read_keys(about: Metadata) -> list[dict[str, Any]]:
    found = web.get_object(about.jwks_uri).get("keys")
    if not isinstance(found, list) or not found:
        raise ProviderDown("no-keys")
    return [key for key in found if isinstance(key, dict) and key.get("use", "sig") == "sig"]
