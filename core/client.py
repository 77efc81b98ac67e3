"""Who is asking: the one place that reads a client's address and device from a request."""

import functools
import ipaddress
import re
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ua_parser import parse

UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 - a placeholder, nothing listens on it
# No dots: in a mail it must not become a link.
PROGRAM = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,29})/[0-9]")
USER_AGENT_LIMIT = 400
FOUND = "address_of_client"


@dataclass(frozen=True)
class Facts:
    """What a session, a mail or an audit row says about the client."""

    address: str
    device: str
    request_id: str


def facts(request: HttpRequest) -> Facts:
    return Facts(
        address=address(request),
        device=device(request.META.get("HTTP_USER_AGENT", "")),
        request_id=request_id(request),
    )


def request_id(request: HttpRequest) -> str:
    """Given by core.requests to every request; shown to people as the reference of an error."""
    return getattr(request, "request_id", "")


def address(request: HttpRequest) -> str:
    """The address that the outermost of our own proxies saw, or that of the connection itself.

    Limits, log and evidence ask for it; it is found out once for each request.

    Each trusted proxy appends one entry to X-Forwarded-For, so the client's is the nth from the right; whatever
    stands left of it was written by the client. With fewer entries the request did not come through all our
    proxies, and only the connection itself can be believed.
    """
    known = vars(request).get(FOUND)
    if known is None:
        known = vars(request)[FOUND] = _found(request)
    return str(known)


def _found(request: HttpRequest) -> str:
    peer = _normal(request.META.get("REMOTE_ADDR", "")) or UNKNOWN_ADDRESS
    count = settings.TRUSTED_PROXY_COUNT or 0
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if count == 0 or len(hops) < count:
        return peer
    return _normal(hops[-count]) or peer


def network(text: str) -> str:
    """What one client can be told apart by: an IPv4 address, or the /64 that an IPv6 client is given."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return text
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def device(user_agent: str) -> str:
    """A name that a person recognises, such as "Firefox on Windows"."""
    return _device(user_agent[:USER_AGENT_LIMIT].encode("utf-8", "replace").decode())


def device_in_words(device: str) -> str:
    """The same in the reader's language."""
    browser, on, system = device.partition(" on ")
    if not device:
        return _("Unknown device")
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system} if on else device


def browser_family(device: str) -> str:
    """The part of a device's name that an update of the browser or a change of network leaves as it is."""
    return device.partition(" on ")[0]


@functools.lru_cache(maxsize=1024)
def _device(user_agent: str) -> str:
    found = parse(user_agent).with_defaults()
    browser = "" if found.user_agent.family == "Other" else found.user_agent.family
    system = "" if found.os.family == "Other" else found.os.family
    return " on ".join(part for part in (browser, system) if part) or _program(user_agent)


def _program(user_agent: str) -> str:
    """How a program calls itself that nobody knows: "import" of "import/1.2 (nightly)"."""
    found = PROGRAM.match(user_agent)
    return found[1] if found and found[1] != "Mozilla" else ""


@functools.lru_cache(maxsize=4096)
def _normal(text: str) -> str:
    """One spelling per address: without port, zone or brackets, and IPv4 where IPv6 merely wraps it."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)
