"""Metadata from an address: within a budget of time, no larger than it may be, and not from within our own network."""

from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from sso.saml import metadata
from sso.saml.metadata import MetadataRefused, Provider
from sso.social import web
from sso.social.errors import ProviderDown


def provider_at(url: str, *, by_operator: bool = False) -> Provider:
    """`by_operator`: whoever runs the site knows what stands in its own network."""
    metadata.checked_address(url)
    host = urlsplit(url).hostname or ""
    try:
        with web.patience(host):
            if not by_operator and not web.is_safe_endpoint(url, "https://"):
                raise MetadataRefused(_("This address is not one of the public internet."))
            content = web.get_bytes(url)
    except ProviderDown as error:
        raise MetadataRefused(
            _("%(host)s did not answer with metadata (%(reason)s).") % {"host": host, "reason": error.reason}
        ) from error
    return metadata.read(content)
