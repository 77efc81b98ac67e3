"""Roughly where an address is, from a file that the operator provides (GEOIP_FILE); without one, nowhere."""

import functools

import maxminddb
import structlog
from django.conf import settings
from django.utils import translation

log = structlog.get_logger(__name__)


def place(address: str) -> str:
    """Such as "Berlin, Germany", in the reader's language where the file has it; empty when it is not known."""
    found = _look_up(address)
    names = [_name(found.get(part), translation.get_language() or "en") for part in ("city", "country")]
    return ", ".join(name for name in names if name)


def with_place(address: str) -> str:
    """The address, and where it is if that is known."""
    where = place(address)
    return f"{address} ({where})" if where else address


@functools.lru_cache(maxsize=4096)
def _look_up(address: str) -> dict[str, object]:
    reader = _reader(settings.GEOIP_FILE)
    if reader is None:
        return {}
    try:
        found = reader.get(address)
    except ValueError:
        # No address, or one of a kind that the file does not cover.
        return {}
    return found if isinstance(found, dict) else {}


@functools.cache
def _reader(path: str) -> maxminddb.Reader | None:
    """Opened once; a file that cannot be read stops the start (core.checks), and later merely tells no places."""
    if not path:
        return None
    try:
        return maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        log.error("geoip_unreadable", reason=str(error))
        return None


def _name(part: object, language: str) -> str:
    names = part.get("names") if isinstance(part, dict) else None
    if not isinstance(names, dict):
        return ""
    return str(names.get(language.partition("-")[0]) or names.get("en") or "")
