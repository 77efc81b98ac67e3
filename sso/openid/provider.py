"""A connection's OpenID provider, in the words of the engine that also serves the providers of the site."""

from django.urls import reverse

from sso.models import Connection
from sso.social import directory, web
from sso.social.configuration import Kind, Provider
from sso.social.directory import Metadata


def of(connection: Connection) -> Provider:
    return Provider(
        slug=connection.account_provider,
        name=connection.name,
        kind=Kind.OPENID,
        issuer=connection.issuer,
        client_id=connection.client_id,
        secret=connection.client_secret or "",
        callback_path=reverse("sso-openid:callback", args=[connection.slug]),
    )


def discovered(connection: Connection) -> Metadata:
    """What it publishes, or ProviderDown: asked for before a connection is saved."""
    provider = of(connection)
    with web.patience(connection.slug):
        directory.keys(provider, wanted=None)
        return directory.metadata(provider)
