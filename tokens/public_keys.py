"""Public keys that programs sign their assertions with, as people and programs hand them in."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from tokens import jwt, thumbprint

WRONG = {
    "private": _("This is a private or secret key. Send the public half, and make a new pair."),
    "unreadable": _("This is no public key of a kind that is taken: RSA, P-256 or Ed25519."),
    "weak": _("An RSA key needs 2048 bits or more."),
    "unwieldy": _("An RSA key has 8192 bits at most."),
}


class UnusableKey(Exception):
    """`code` is one of WRONG."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code, self.text = code, WRONG[code]


def checked(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """What makes it this key, without whatever else it came with. Raises UnusableKey."""
    problem = jwt.public_jwk_problem(jwk)
    if problem:
        raise UnusableKey(problem)
    return {name: jwk[name] for name in thumbprint.MEMBERS[jwk["kty"]]}


def read(text: str) -> dict[str, Any]:
    """As JWK or PEM, whichever somebody has at hand. Raises UnusableKey."""
    try:
        jwk = jwt.jwk_of(text)
    except ValueError as error:
        raise UnusableKey("private" if "PRIVATE KEY" in text else "unreadable") from error
    return checked(jwk)
