"""Whether a new person may come in through a provider: the site's own rule, asked in one place."""

from allauth.account.adapter import get_adapter
from django.http import HttpRequest


def is_open_to(request: HttpRequest, email: str) -> bool:
    return bool(get_adapter(request).is_open_for_signup(request))
