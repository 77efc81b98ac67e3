"""The one reader of `next`: where to go afterwards, if it is a place of ours."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

NEXT = "next"
LIMIT = 2048


def next_address(request: HttpRequest) -> str | None:
    """The path asked for, or None when there is none or it leads away from this site."""
    return safe(request.POST.get(NEXT) or request.GET.get(NEXT))


def safe(address: str | None) -> str | None:
    if not address or len(address) > LIMIT or not address.startswith("/"):
        return None
    # No allowed hosts: only paths of our own, and none of the spellings that browsers read as another host.
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else None
