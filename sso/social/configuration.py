"""The providers whose word the operator accepts; identity/social.py reads them from the environment."""

from dataclasses import dataclass, field
from enum import StrEnum

from django.conf import settings

EVERY_DOMAIN = "*"


class Kind(StrEnum):
    OPENID = "openid"
    GOOGLE = "google"
    MICROSOFT = "microsoft"
    GITHUB = "github"


@dataclass(frozen=True)
class Provider:
    slug: str  # Part of addresses and of every connection's row: it never changes.
    name: str
    kind: Kind
    issuer: str
    client_id: str
    secret: str = field(repr=False)
    # Domains of which it is believed that a mailbox is its user's.
    trusted_domains: frozenset[str] = frozenset()
    # Whether it says when its user last typed a password, as OpenID Connect demands when asked for `max_age`.
    proves_time: bool = True
    # Where it sends people back to, if that is not the page for the site's own providers.
    callback_path: str = ""

    def is_trusted_for(self, email: str) -> bool:
        domain = email.rpartition("@")[2]
        return bool(self.trusted_domains & {domain, EVERY_DOMAIN})


def providers() -> list[Provider]:
    configured: list[Provider] = settings.SOCIAL_PROVIDERS
    return configured


def find(slug: str) -> Provider | None:
    return next((provider for provider in providers() if provider.slug == slug), None)
