"""How the site speaks to providers: within a budget of time, no further than asked, and never more than it can hold."""

import ipaddress
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from io import BytesIO
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from sso.social.errors import ProviderDown

log = structlog.get_logger(__name__)

LONGEST_CONNECT = 2.0
LARGEST_ANSWER = 512 * 1024
CHUNK = 16 * 1024

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def patience(slug: str) -> Iterator[None]:
    """All questions inside share one budget, and what goes wrong with one of them comes out as ProviderDown."""
    token = _deadline.set(time.monotonic() + settings.SOCIAL_PROVIDER_PATIENCE)
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        log.warning("provider_unavailable", provider=slug, reason=type(error).__name__)
        raise ProviderDown(type(error).__name__) from error
    except ProviderDown as failure:
        log.warning("provider_unavailable", provider=slug, reason=failure.reason)
        raise
    finally:
        _deadline.reset(token)


class Session(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        for scheme in POOLS:
            self.mount(f"{scheme}://", Adapter())

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        left = _left()
        options |= {"allow_redirects": False, "stream": True, "timeout": (min(left, LONGEST_CONNECT), left)}
        try:
            answer = super().send(request, **options)
        except requests.RequestException:
            # Whatever it looks like: if time is up, that is why.
            _left()
            raise
        with answer as response:
            _left()
            return _read(response)


class InTime(HTTPConnection):
    """Also while headers come: the timeout of a socket begins anew with each byte of them."""

    def getresponse(self) -> Any:
        timer = Timer(_left(), _hang_up, [self.sock])
        timer.daemon = True
        timer.start()
        try:
            return super().getresponse()
        finally:
            timer.cancel()


class EncryptedInTime(InTime, HTTPSConnection):
    pass


class Pool(HTTPConnectionPool):
    ConnectionCls = InTime


class EncryptedPool(HTTPSConnectionPool):
    ConnectionCls = EncryptedInTime


POOLS = {"http": Pool, "https": EncryptedPool}


class Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = POOLS
        return manager


def get_json(url: str, **headers: str) -> Any:
    with Session() as session:
        response = session.request("GET", url, headers={"Accept": "application/json", **headers})
    if response.status_code != requests.codes.ok:
        raise ProviderDown(f"status-{response.status_code}")
    return parsed(response)


def get_bytes(url: str) -> bytes:
    with Session() as session:
        response = session.request("GET", url)
    if response.status_code != requests.codes.ok:
        raise ProviderDown(f"status-{response.status_code}")
    return response.content


def parsed(response: requests.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError) as error:
        raise ProviderDown("not-json") from error


def get_object(url: str, **headers: str) -> dict[str, Any]:
    found = get_json(url, **headers)
    if not isinstance(found, dict):
        raise ProviderDown("not-an-object")
    return found


def is_safe_endpoint(address: object, issuer: str) -> bool:
    """Encrypted, and not in our own network, unless that is where the operator says the provider stands."""
    if not isinstance(address, str):
        return False
    split, home = urlsplit(address), urlsplit(issuer)
    if split.scheme not in ("https", home.scheme) or not split.hostname:
        return False
    return split.hostname == home.hostname or _is_public(split.hostname)


def _hang_up(connected: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


def _left() -> float:
    deadline = _deadline.get()
    left = settings.SOCIAL_PROVIDER_PATIENCE if deadline is None else deadline - time.monotonic()
    if left <= 0:
        raise ProviderDown("slow")
    return float(left)


def _read(response: requests.Response) -> requests.Response:
    """The whole answer, given up as soon as it is too large or too slow."""
    body = BytesIO()
    # As much as has arrived each time: waiting for a full chunk would let a trickle outlast the budget.
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        body.write(chunk)
        if body.tell() > LARGEST_ANSWER:
            raise ProviderDown("too-large")
        _left()
    body.seek(0)
    complete = requests.Response()
    complete.status_code, complete.url, complete.encoding = response.status_code, response.url, "utf-8"
    complete.headers, complete.raw = response.headers, body
    # allauth's client takes this header for granted.
    complete.headers.setdefault("content-type", "")
    return complete


def _is_public(host: str) -> bool:
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise ProviderDown("unknown-host") from error
    return all(ipaddress.ip_address(str(address).partition("%")[0]).is_global for address in found)
