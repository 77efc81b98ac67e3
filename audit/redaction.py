"""What may be written down: no secret under a telling name, nothing that PostgreSQL or a reader would choke on."""

import math
import re
from collections.abc import Mapping
from typing import Any

REDACTED = "[redacted]"
ELLIPSIS = "…"
TEXT_LIMIT = 4096
DEPTH_LIMIT = 8

# Found anywhere in a name …
SECRET_PARTS = re.compile(
    "passw|passphrase|secret|token|credential|authorization|cookie|csrf|api_?key|private_?key|session_?key|bearer"
    "|jwt|totp|recovery",
    re.IGNORECASE,
)
# … and only as a word of it, because "monkey" and "barcode" are harmless.
SECRET_WORDS = {"auth", "code", "codes", "key", "keys", "otp", "pin", "pwd", "seed", "sid", "signature"}
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(value: object, *, depth: int = DEPTH_LIMIT) -> Any:
    """The value as JSON can hold it. Never fails: user agents and forms must not be able to stop a record."""
    match value:
        case None | bool():
            return value
        case int():
            return value if value.bit_length() < 64 else text(hex(value))
        case float():
            return value if math.isfinite(value) else str(value)
        case Mapping() | list() | tuple() | set() | frozenset() if depth == 0:
            return ELLIPSIS
        case Mapping():
            return {text(name): _member(str(name), member, depth - 1) for name, member in value.items()}
        case list() | tuple() | set() | frozenset():
            return [clean(member, depth=depth - 1) for member in value]
        case _:
            return text(value)


def text(value: object) -> str:
    plain = UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))
    return plain if len(plain) <= TEXT_LIMIT else plain[: TEXT_LIMIT - 1] + ELLIPSIS


def names_secret(name: str) -> bool:
    words = {word.lower() for word in WORDS.findall(name)}
    return SECRET_PARTS.search(name) is not None or not words.isdisjoint(SECRET_WORDS)


def _member(name: str, value: object, depth: int) -> Any:
    # That there is a password, or that there is none, gives nothing away.
    if names_secret(name) and not isinstance(value, bool | None):
        return REDACTED
    return clean(value, depth=depth)
