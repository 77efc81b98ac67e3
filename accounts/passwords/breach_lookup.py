"""A service that knows more breached passwords than our file, such as Have I Been Pwned. Off unless a URL is set.

It learns five hexadecimal digits of the SHA-1 of a password, which hundreds of others share, and pads its answer so
that its length tells nothing. A service that is slow, away or wrong never stands in anybody's way.
"""

import hashlib
import time

import requests
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

PREFIX_DIGITS = 5
CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 1.0, 1.0, 2.0
# A padded answer has about a thousand lines of forty bytes.
ANSWER_LIMIT = 1_000_000


class UnusableAnswer(Exception):
    """Not what such a service says, or not in time."""


def has_seen(password: str) -> bool:
    if not settings.PASSWORD_BREACH_API_URL:
        return False
    digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
    try:
        return digest[PREFIX_DIGITS:] in _suffixes(digest[:PREFIX_DIGITS])
    except (requests.RequestException, UnusableAnswer) as error:
        # The address asked for holds the prefix: the kind of failure is all that is noted.
        log.warning("breach_lookup_failed", error=type(error).__name__)
        return False


def _suffixes(prefix: str) -> set[str]:
    """Of all breached passwords with this prefix; padding has a count of zero."""
    lines = (line.partition(":") for line in _answer(prefix).split())
    return {suffix.upper() for suffix, _colon, count in lines if count != "0"}


def _answer(prefix: str) -> str:
    deadline = time.monotonic() + TOTAL_SECONDS
    url = f"{settings.PASSWORD_BREACH_API_URL}/{prefix}"
    with requests.get(
        url,
        headers={"Add-Padding": "true", "User-Agent": settings.SITE_NAME},
        timeout=(CONNECT_SECONDS, READ_SECONDS),
        allow_redirects=False,
        stream=True,
    ) as response:
        if response.status_code != 200:
            raise UnusableAnswer(str(response.status_code))
        received = b""
        for chunk in response.iter_content(16_384):
            received += chunk
            if len(received) > ANSWER_LIMIT or time.monotonic() > deadline:
                raise UnusableAnswer("too long")
    return received.decode("ascii", "replace")
