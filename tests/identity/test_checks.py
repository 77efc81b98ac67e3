"""An unsafe production does not start, whoever tries to start it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from identity.checks import (
    check_debug_is_private,
    check_field_keys,
    check_production,
    refuse_missing_static_files,
)
from identity.settings import DEVELOPMENT_FIELD_KEY, DEVELOPMENT_SECRET_KEY

SAFE = {
    "DEBUG": "false",
    "SECRET_KEY": "k9Qx7vT2mZ4wR8sL1nB6yC3dF5gH0jP-aUeIoXqWzVtMrYbN",
    "FIELD_ENCRYPTION_KEYS": "cHJvZHVjdGlvbi1maWVsZC1rZXktMzItYnl0ZXMtISE=",
    "DATABASE_URL": "postgresql://identity:x@db.example/identity",
    "BASE_URL": "https://id.example.org",
    "TRUSTED_PROXY_COUNT": "1",
    "MAIL_URL": "smtps://user:x@mail.example",
    "REDIS_URL": "redis://redis.example/0",
    "PASSWORD_HASH_MEMORY_KIB": "47104",
}
SAFE["SECRET_KEY"] += "0123456789"


def run(*command: str, **overrides: str | None) -> Any:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in SAFE and not name.startswith("DJANGO")
    }
    chosen = {name: value for name, value in (SAFE | overrides).items() if value is not None}
    env = {**kept, "DOTENV": os.devnull, "DJANGO_SETTINGS_MODULE": "identity.settings", **chosen}
    return subprocess.run([sys.executable, *command], env=env, capture_output=True, text=True, check=False)


def check(**overrides: str | None) -> Any:
    return run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **overrides)


def test_a_safe_production_starts() -> None:
    done = check()
    assert done.returncode == 0, done.stderr


@pytest.fixture
def production(settings: Any) -> Any:
    """Settings as a safe production has them, for a test to spoil one."""
    settings.DEBUG, settings.HTTPS, settings.TRUSTED_PROXY_COUNT = False, True, 1
    settings.SECRET_KEY, settings.DATABASE_URL = SAFE["SECRET_KEY"], SAFE["DATABASE_URL"]
    settings.FIELD_ENCRYPTION_KEYS, settings.BROKER_URL = [SAFE["FIELD_ENCRYPTION_KEYS"]], SAFE["REDIS_URL"]
    settings.EMAIL_USE_SSL, settings.PASSWORD_HASH_MEMORY_KIB = True, 47_104
    for cookie in ("SESSION", "CSRF", "LANGUAGE"):
        setattr(settings, f"{cookie}_COOKIE_NAME", f"__Host-{cookie.lower()}")
        setattr(settings, f"{cookie}_COOKIE_SECURE", True)
    assert check_production(None) == []
    return settings


@pytest.mark.parametrize(
    ("number", "name", "value"),
    [
        ("E001", "SECRET_KEY", DEVELOPMENT_SECRET_KEY),
        ("E002", "SECRET_KEY", "short"),
        ("E003", "FIELD_ENCRYPTION_KEYS", [SAFE["FIELD_ENCRYPTION_KEYS"], DEVELOPMENT_FIELD_KEY]),
        ("E004", "DATABASE_URL", ""),
        ("E005", "HTTPS", False),
        ("E006", "SESSION_COOKIE_NAME", "session"),
        ("E006", "CSRF_COOKIE_SECURE", False),
        ("E007", "TRUSTED_PROXY_COUNT", None),
        ("E008", "EMAIL_USE_SSL", False),
        ("E009", "BROKER_URL", ""),
        ("E012", "ALLOWED_HOSTS", ["*"]),
        ("E013", "PASSWORD_HASH_MEMORY_KIB", 8),
    ],
)
def test_one_unsafe_setting_is_enough(production: Any, number: str, name: str, value: Any) -> None:
    setattr(production, name, value)
    assert [error.id for error in check_production(None)] == [f"identity.{number}"]


def test_a_bare_environment_does_not_start() -> None:
    done = check(**dict.fromkeys(SAFE))
    assert done.returncode != 0
    for number in ("E001", "E003", "E004", "E005", "E006", "E007", "E008", "E009"):
        assert f"identity.{number}" in done.stderr


def test_debug_in_public_does_not_start() -> None:
    assert "identity.E010" in check(DEBUG="true").stderr


@pytest.mark.parametrize("name", ["BASE_URL", "DATABASE_URL"])
def test_a_wrong_variable_is_named_without_a_traceback(name: str) -> None:
    done = run("manage.py", "check", **{name: "§ nonsense"})
    assert done.returncode != 0
    assert done.stderr.startswith(f"identity: {name}: expected ")
    assert "Traceback" not in done.stderr


def test_the_web_server_does_not_start_unsafe() -> None:
    done = run("-c", "import identity.wsgi", MAIL_URL=None)
    assert done.returncode != 0
    assert "identity.E008" in done.stderr


BROWSE = """
import django; django.setup()
from django.test import Client
response = Client(headers={"host": "id.example.org"}).get("/account/login/", secure=True)
print(response.status_code, response["Strict-Transport-Security"], response.cookies.output(), sep="\\n")
insecure = Client(headers={"host": "id.example.org"}).get("/account/login/")
print(insecure.status_code, insecure["Location"])
"""


def test_production_speaks_https_only_and_its_cookies_are_bound_to_the_host() -> None:
    """Static files are not collected here, and the page does not need the database."""
    done = run(
        "-c",
        BROWSE.replace(
            "import django;",
            "import identity.settings as s; s.STORAGES['staticfiles'] ="
            " {'BACKEND': 'django.contrib.staticfiles.storage.StaticFilesStorage'}\nimport django;",
        ),
    )
    assert "200\nmax-age=63072000; includeSubDomains; preload" in done.stdout, done.stderr
    assert "Set-Cookie: __Host-csrf=" in done.stdout
    assert "HttpOnly; Max-Age=31449600; Path=/; SameSite=Lax; Secure" in done.stdout
    assert "301 https://id.example.org/account/login/" in done.stdout


def test_the_web_server_does_not_start_without_its_static_files(tmp_path: Path, settings: Any) -> None:
    settings.DEBUG, settings.STATIC_ROOT = False, tmp_path
    with pytest.raises(ImproperlyConfigured, match="collectstatic"):
        refuse_missing_static_files()
    (tmp_path / "staticfiles.json").write_text("{}")
    refuse_missing_static_files()


def test_the_worker_does_not_start_unsafe() -> None:
    script = "from celery.signals import worker_init; import identity.celery; import django; django.setup();"
    done = run("-c", script + "worker_init.send(sender=None)", MAIL_URL=None)
    assert "identity.E008" in done.stderr + done.stdout


@pytest.mark.parametrize("host", ["localhost", "id.localhost", "127.0.0.1", "[::1]"])
def test_debug_is_fine_at_home(settings: Any, host: str) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS = True, [host]
    assert check_debug_is_private(None) == []


@pytest.mark.parametrize("host", ["id.example.org", "10.0.0.1", "*", ".localhost.example.org"])
def test_debug_is_not_for_the_world(settings: Any, host: str) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS = True, [host]
    assert [error.id for error in check_debug_is_private(None)] == ["identity.E010"]


@pytest.mark.parametrize("key", ["", "not base64!", "c2hvcnQ="])
def test_a_field_key_has_32_bytes(settings: Any, key: str) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [settings.DEVELOPMENT_FIELD_KEY, key]
    assert "key 2" in check_field_keys(None)[0].msg
