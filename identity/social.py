"""Which outside providers may vouch for people: settings.py hands over the environment, and gets a list back."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from identity.env import Env, SettingError
from sso.social.configuration import EVERY_DOMAIN, Kind, Provider

SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
TENANT = re.compile(r"common|organizations|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
REQUIRED = {"slug", "name", "issuer", "client_id", "client_secret"}
OPTIONAL = {"trusted_domains", "proves_time"}


def providers(env: Env) -> list[Provider]:
    """In the order in which their buttons stand."""
    found = [*_google(env), *_microsoft(env), *_github(env), *_openid(env)]
    for what in ("slug", "issuer"):
        values = [getattr(provider, what) for provider in found]
        repeated = {value for value in values if values.count(value) > 1}
        if repeated:
            raise SettingError(f"OIDC_PROVIDERS: {what} {repeated.pop()!r} is used by two providers.")
    return found


def _google(env: Env) -> list[Provider]:
    domains = _domains(
        "GOOGLE_TRUSTED_DOMAINS", env.words("GOOGLE_TRUSTED_DOMAINS", "gmail.com,googlemail.com")
    )
    return _known(
        env,
        Kind.GOOGLE,
        name="Google",
        issuer="https://accounts.google.com",
        trusted_domains=domains,
        proves_time=False,
    )


def _microsoft(env: Env) -> list[Provider]:
    tenant = env.text("MICROSOFT_TENANT", "common")
    if not TENANT.fullmatch(tenant):
        raise SettingError("MICROSOFT_TENANT: expected common, organizations or a tenant's id.")
    return _known(
        env,
        Kind.MICROSOFT,
        name="Microsoft",
        issuer=f"https://login.microsoftonline.com/{tenant}/v2.0",
        trusted_domains=_domains("MICROSOFT_TRUSTED_DOMAINS", env.words("MICROSOFT_TRUSTED_DOMAINS")),
    )


def _github(env: Env) -> list[Provider]:
    return _known(
        env,
        Kind.GITHUB,
        name="GitHub",
        issuer=_address("GITHUB_URL", env.text("GITHUB_URL", "https://github.com")).rstrip("/"),
        trusted_domains=_domains("GITHUB_TRUSTED_DOMAINS", env.words("GITHUB_TRUSTED_DOMAINS")),
        proves_time=False,
    )


def _known(env: Env, kind: Kind, **details: Any) -> list[Provider]:
    """Offered when its client id is set; one without the other is a mistake."""
    client_id, secret = f"{kind.upper()}_CLIENT_ID", f"{kind.upper()}_CLIENT_SECRET"
    values = {name: env.text(name) for name in (client_id, secret)}
    missing = [name for name, value in values.items() if not value]
    if len(missing) == 1:
        raise SettingError(f"{missing[0]} is not set, although its counterpart is.")
    if missing:
        return []
    return [Provider(slug=kind, kind=kind, client_id=values[client_id], secret=values[secret], **details)]


def _openid(env: Env) -> list[Provider]:
    text = env.text("OIDC_PROVIDERS", "[]")
    try:
        entries = json.loads(text)
    except ValueError:
        raise SettingError("OIDC_PROVIDERS: expected JSON.") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SettingError("OIDC_PROVIDERS: expected a list of objects.")
    return [_entry(entry) for entry in entries]


def _entry(entry: dict[str, Any]) -> Provider:
    _check_names(entry)
    slug, domains = entry["slug"], entry.get("trusted_domains", [])
    if not SLUG.fullmatch(slug) or slug in set(Kind):
        raise SettingError(
            f"OIDC_PROVIDERS: slug {slug!r} is not made of small letters, digits and hyphens, or is taken."
        )
    if not isinstance(domains, list) or not all(isinstance(domain, str) for domain in domains):
        raise SettingError(f"OIDC_PROVIDERS: trusted_domains of {slug!r} is not a list of domains.")
    if not isinstance(entry.get("proves_time", True), bool):
        raise SettingError(f"OIDC_PROVIDERS: proves_time of {slug!r} is neither true nor false.")
    return Provider(
        slug=slug,
        name=entry["name"],
        kind=Kind.OPENID,
        issuer=_address("OIDC_PROVIDERS: issuer", entry["issuer"]),
        client_id=entry["client_id"],
        secret=entry["client_secret"],
        trusted_domains=_domains("OIDC_PROVIDERS: trusted_domains", domains),
        proves_time=entry.get("proves_time", True),
    )


def _check_names(entry: dict[str, Any]) -> None:
    unknown = entry.keys() - REQUIRED - OPTIONAL
    if unknown:
        raise SettingError(f"OIDC_PROVIDERS: there is no {min(unknown)!r}.")
    for name in sorted(REQUIRED):
        if not isinstance(entry.get(name), str) or not entry[name]:
            raise SettingError(f"OIDC_PROVIDERS: {name} is missing or no text.")


def _domains(name: str, words: list[str]) -> frozenset[str]:
    for word in words:
        if word != EVERY_DOMAIN and not DOMAIN.fullmatch(word):
            raise SettingError(f"{name}: {word!r} is not a domain in small letters, such as example.org.")
    return frozenset(words)


def _address(name: str, text: str) -> str:
    """Whoever can read or alter what the provider says is every one of its users."""
    split = urlsplit(text)
    secure = split.scheme == "https" or (split.scheme == "http" and split.hostname in LOOPBACK)
    if not secure or not split.hostname or split.query or split.fragment:
        raise SettingError(f"{name}: expected an https:// address without a query.")
    return text
