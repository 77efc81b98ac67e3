"""A system check of this app. It runs with every command and at every server start."""

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Error
from django.core.checks import register as register_check
from django.core.exceptions import ImproperlyConfigured

from orgs.decisions import policies


def register() -> None:
    register_check(check_policies)


def check_policies(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        policies.every()
    except ImproperlyConfigured as error:
        hint = "docs/authorization.md says how policies are written."
        return [Error(str(error), hint=hint, id="orgs.E001")]
    return []
