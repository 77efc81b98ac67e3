"""Secrets we hand out once (links, codes, session keys) and keep only as a digest."""

import hashlib
import secrets

from core import crypto


def new_token() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def of_token(token: str) -> str:
    """For secrets of 128 bits and more: nobody can guess their way back, so a plain hash will do."""
    return hashlib.sha256(token.encode()).hexdigest()


def of_short_secret(secret: str, *, purpose: str) -> str:
    """For codes short enough to be tried out: keyed, so that a copy of the database alone is no help."""
    return crypto.mac(secret.encode(), purpose=purpose).hex()
