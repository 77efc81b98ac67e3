from dataclasses import dataclass
from hashlib import sha256

from django.core.exceptions import ValidationError

from accounts.addresses import validated

NAME_LIMIT = 150


@dataclass(frozen=True)
class Identity:
    """Who somebody is at a provider. What counts is issuer and subject; the rest is what the provider says of them."""

    slug: str
    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False
    # Whether the provider is believed when it says that this mailbox is theirs.
    trusted: bool = False
    name: str = ""

    @property
    def key(self) -> str:
        """Bound to the issuer, so that a provider's name given to another issuer opens nobody's account."""
        return sha256(f"{self.issuer}\n{self.subject}".encode()).hexdigest()


def address(value: object) -> str:
    """The address in our spelling, or none when it is not one that we could write to."""
    try:
        return validated(value) if isinstance(value, str) else ""
    except ValidationError:
        return ""


def display_name(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in value if letter.isprintable()).strip()[:NAME_LIMIT]
