from typing import Any

from django import template

from accounts.pages import overview

register = template.Library()


@register.inclusion_tag("accounts/menu.html", takes_context=True)
def account_menu(context: dict[str, Any]) -> dict[str, Any]:
    request = context["request"]
    return {"pages": overview.pages_of(request.user), "here": request.resolver_match.view_name}
