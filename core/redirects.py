"""The one reader of `next`: where to go afterwards, if it is a place of ours."""

import re
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from core.requests import READS

NEXT = "next"
LIMIT = 2048
# Browsers drop control characters and read a backslash as a slash, and two slashes lead to another host.
AMBIGUOUS = re.compile(r"^//|\\|[\x00-\x1f\x7f]")


def next_address(request: HttpRequest) -> str | None:
    """The path asked for, or None when there is none or it leads away from this site."""
    return safe(request.POST.get(NEXT) or request.GET.get(NEXT))


def page_of(request: HttpRequest) -> str:
    """What can be opened again to go on from here: the page itself, or the one its form stood on; empty if unknown."""
    if request.method in READS:
        return request.get_full_path()
    form = urlsplit(request.headers.get("Referer", ""))
    if form.netloc != request.get_host():
        return ""
    return safe(form._replace(scheme="", netloc="", fragment="").geturl()) or ""


def with_next(path: str, next_address: str) -> str:
    return f"{path}?{urlencode({NEXT: next_address})}"


def safe(address: str | None) -> str | None:
    if not address or len(address) > LIMIT or not address.startswith("/") or AMBIGUOUS.search(address):
        return None
    # No allowed hosts: only paths of our own, and none of the spellings that browsers read as another host.
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else None
