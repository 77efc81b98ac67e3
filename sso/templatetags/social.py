from django import template

from accounts.models import User
from sso.social import configuration, connections
from sso.social.configuration import Provider

register = template.Library()


@register.simple_tag
def social_providers() -> list[Provider]:
    return configuration.providers()


@register.simple_tag
def has_connections(user: User) -> bool:
    """Also of a provider that is no longer offered: what one connected, one may see and remove."""
    return bool(configuration.providers()) or connections.of(user).exists()
