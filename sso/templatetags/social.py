from django import template

from sso.social import configuration
from sso.social.configuration import Provider

register = template.Library()


@register.simple_tag
def social_providers() -> list[Provider]:
    return configuration.providers()
