"""Codes that change every half minute (RFC 6238): SHA-1, six digits, as every authenticator app knows them."""

import base64
import hmac
import re
import secrets
from urllib.parse import quote, urlencode

from django_otp.oath import hotp

STEP = 30
DIGITS = 6
# How many steps a clock may be off, either way.
TOLERANCE = 1
SECRET_BYTES = 20
# Not \d, which takes the digits of every script.
SIX_DIGITS = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """160 random bits, spelled as apps want it typed."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def normal(typed: str) -> str | None:
    """Six digits, however they were spaced; None for whatever cannot be a code."""
    code = typed.replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    return code if SIX_DIGITS.fullmatch(code) else None


def step_of(code: str, *, secret: str, at: float, after: int) -> int | None:
    """For which step this is the code, among those that are near and newer than `after`."""
    key, now = base64.b32decode(secret), int(at) // STEP
    for step in range(max(now - TOLERANCE, after + 1, 0), now + TOLERANCE + 1):
        if hmac.compare_digest(f"{hotp(key, step, DIGITS):0{DIGITS}}".encode(), code.encode()):
            return step
    return None


def grouped(secret: str) -> str:
    """In fours, for whoever types it."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def address(secret: str, *, issuer: str, account: str) -> str:
    """What the QR code says and a phone opens; the label is spelled as apps expect it, with %20 for a space."""
    # A colon would end the issuer.
    issuer = issuer.replace(":", " ")
    label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
    query = {"secret": secret, "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": STEP}
    return f"otpauth://totp/{label}?{urlencode(query, quote_via=quote)}"
