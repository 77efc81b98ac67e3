from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import register as register_check


def register() -> None:
    register_check(check_no_provider_tokens, Tags.security)


def check_no_provider_tokens(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if not settings.SOCIALACCOUNT_STORE_TOKENS:
        return []
    hint = "allauth would keep them in clear, and nothing here uses them."
    return [Error("SOCIALACCOUNT_STORE_TOKENS is on, which is not supported.", hint=hint, id="sso.E003")]
