"""System checks that refuse an unsafe production. They run with every command and at every server start."""

import base64
import binascii
import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, run_checks
from django.core.checks import register as register_check
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import SystemCheckError

SECRET_KEY_MINIMUM = 50
# The least that OWASP allows for Argon2id, at two passes.
HASH_MEMORY_MINIMUM_KIB = 19_456


def register() -> None:
    register_check(check_production, Tags.security)
    register_check(check_debug_is_private, Tags.security)
    register_check(check_field_keys, Tags.security)


def refuse_unsafe_start() -> None:
    """For processes that no management command starts: the web server and the Celery worker."""
    found = [message for message in run_checks() if message.is_serious()]
    if found:
        raise SystemCheckError("\n".join(str(message) for message in found))


def refuse_missing_static_files() -> None:
    """Only the web server needs them; without the manifest every page would fail instead."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if not settings.DEBUG and not manifest.exists():
        raise ImproperlyConfigured(f"{manifest} is missing: run `python manage.py collectstatic --noinput`.")


def check_production(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    return [] if settings.DEBUG else list(_production_faults())


def _production_faults() -> Iterator[Error]:
    yield from _secret_faults()
    if not settings.DATABASE_URL:
        yield _error("004", "DATABASE_URL is not set.", "Name a PostgreSQL database, or set DEBUG=true.")
    if not settings.HTTPS:
        yield _error("005", "BASE_URL does not start with https://.", "People's passwords travel to it.")
    yield from _cookie_faults()
    if settings.TRUSTED_PROXY_COUNT is None:
        yield _error(
            "007",
            "TRUSTED_PROXY_COUNT is not set.",
            "Say how many proxies of yours stand before the site; 0 if none.",
        )
    if not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        yield _error(
            "008",
            "MAIL_URL does not encrypt.",
            "Use smtps://… or smtp+starttls://…: mail carries sign-in links.",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield _error(
            "012", "ALLOWED_HOSTS contains *.", "Name the hosts: a forged one must not reach a page."
        )
    if not settings.BROKER_URL:
        yield _error("009", "Neither REDIS_URL nor BROKER_URL is set.", "Web and worker need a broker.")


def _secret_faults() -> Iterator[Error]:
    if settings.SECRET_KEY == settings.DEVELOPMENT_SECRET_KEY:
        yield _error("001", "SECRET_KEY is not set.", "Generate one with `python manage.py generate_keys`.")
    elif len(settings.SECRET_KEY) < SECRET_KEY_MINIMUM:
        yield _error(
            "002", f"SECRET_KEY is shorter than {SECRET_KEY_MINIMUM} characters.", "Use a random one."
        )
    if settings.DEVELOPMENT_FIELD_KEY in settings.FIELD_ENCRYPTION_KEYS:
        yield _error("003", "FIELD_ENCRYPTION_KEYS is not set.", "Run `python manage.py generate_keys`.")
    if settings.PASSWORD_HASH_MEMORY_KIB < HASH_MEMORY_MINIMUM_KIB:
        yield _error("013", "PASSWORD_HASH_MEMORY_KIB is too low.", f"Use {HASH_MEMORY_MINIMUM_KIB} or more.")


def _cookie_faults() -> Iterator[Error]:
    for name in ("SESSION", "CSRF", "LANGUAGE"):
        cookie = getattr(settings, f"{name}_COOKIE_NAME")
        if not cookie.startswith("__Host-") or not getattr(settings, f"{name}_COOKIE_SECURE"):
            yield _error(
                "006", f"{name}_COOKIE_NAME is not a secure __Host- cookie.", "Use an https BASE_URL."
            )


def check_debug_is_private(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    public = [host for host in settings.ALLOWED_HOSTS if not _is_local(host)]
    if settings.DEBUG and public:
        return [
            _error(
                "010", f"DEBUG is on for {public[0]}.", "DEBUG shows secrets: turn it off, or use localhost."
            )
        ]
    return []


def check_field_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    for number, key in enumerate(settings.FIELD_ENCRYPTION_KEYS, start=1):
        try:
            length = len(base64.b64decode(key, validate=True))
        except binascii.Error:
            length = 0
        if length != 32:
            return [_error("011", f"FIELD_ENCRYPTION_KEYS: key {number} is not 32 bytes in base64.", "")]
    return []


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _error(number: str, message: str, hint: str) -> Error:
    return Error(message, hint=hint or None, id=f"identity.E{number}")
