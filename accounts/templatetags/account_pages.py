from typing import Any

from django import template

from accounts.impersonation import middleware
from accounts.pages import overview

register = template.Library()


@register.inclusion_tag("accounts/menu.html", takes_context=True)
def account_menu(context: dict[str, Any]) -> dict[str, Any]:
    request = context["request"]
    pages = [page for page in overview.pages_of(request.user) if middleware.offers(request, page.url_name)]
    return {"pages": pages, "here": request.resolver_match.view_name}
