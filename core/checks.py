"""What has to be right before anything starts."""

from collections.abc import Sequence
from typing import Any

import maxminddb
from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error


def check_geoip_file(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if not settings.GEOIP_FILE:
        return []
    try:
        maxminddb.open_database(settings.GEOIP_FILE).close()
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        hint = "Name a city or country database in MaxMind's format, or none."
        return [Error(f"GEOIP_FILE cannot be read: {error}", hint=hint, id="core.E001")]
    return []
