from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import register as register_check

from accounts.passwords import breached


def register() -> None:
    register_check(check_breached_set, Tags.security)


def check_breached_set(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Found at the start rather than by the first person who chooses a password."""
    try:
        breached.current()
    except (OSError, breached.BrokenSet) as error:
        hint = "Leave it unset, or make a file with `manage.py build_breached_set`."
        return [Error(f"PASSWORD_BREACHED_SET: {error}", hint=hint, id="accounts.E001")]
    return []
