"""Rules that hold for whatever a stranger sends."""

import ipaddress
import re
import unicodedata
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from core import retention
from core.client import USER_AGENT_LIMIT, address, device, network
from core.models import RateCounter
from core.ratelimit import counter_name
from core.redirects import LIMIT, safe
from core.requests import METHODS

TEXT = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60)
ADDRESSES = st.one_of(st.ip_addresses().map(str), TEXT)
NEARLY = st.text("0123456789abcdef:.[]%, ", max_size=40)
few = limits(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(
    hops=st.lists(st.one_of(ADDRESSES, NEARLY), max_size=4),
    peer=st.one_of(ADDRESSES, NEARLY),
    count=st.integers(0, 3),
)
def test_whatever_is_forwarded_an_address_comes_out(
    settings: Any, hops: list[str], peer: str, count: int
) -> None:
    settings.TRUSTED_PROXY_COUNT = count
    request = RequestFactory().get("/", headers={"x-forwarded-for": ",".join(hops)}, REMOTE_ADDR=peer)
    found = address(request)
    assert str(ipaddress.ip_address(found)) == found
    assert address(request) == found


@few
@given(
    invented=st.lists(ADDRESSES.filter(lambda text: "," not in text), max_size=4), seen=st.ip_addresses(v=4)
)
def test_what_the_client_writes_in_front_changes_nothing(
    settings: Any, invented: list[str], seen: Any
) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    forwarded = ", ".join([*invented, str(seen)])
    assert address(RequestFactory().get("/", headers={"x-forwarded-for": forwarded})) == str(seen)


@few
@given(st.one_of(ADDRESSES, NEARLY, st.text()))
def test_a_network_is_found_once(text: str) -> None:
    assert network(network(text)) == network(text)


@few
@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_every_address_of_an_ipv6_client_is_one_network(one: Any, other: int) -> None:
    neighbour = ipaddress.IPv6Address(int(one) >> 64 << 64 | other)
    assert network(str(one)) == network(str(neighbour))


@few
@given(st.one_of(st.text(), st.text("Mozila/5.0 ()Windows;", min_size=USER_AGENT_LIMIT)))
def test_every_user_agent_has_a_short_name(agent: str) -> None:
    assert len(device(agent)) <= USER_AGENT_LIMIT


def read_by_a_browser(target: str) -> str:
    """What the URL standard does first: strips, drops tabs and line ends, and takes a backslash for a slash."""
    stripped = target.strip("".join(map(chr, range(33))))
    return re.sub(r"[\t\r\n]", "", stripped).replace("\\", "/")


CRAFTED = st.lists(
    st.sampled_from(
        [
            "/",
            "\\",
            "//",
            " ",
            "\t",
            "\n",
            "\r",
            "\x00",
            "@",
            ":",
            "?",
            "#",
            "%2f",
            "%5c",
            ".",
            "..",
            "evil.example",
            "http:",
            "https:",
            "javascript:",
            "[",
            "]",
            "\u3002",
            "\uff0f",
            "a",
        ]
    ),
    max_size=8,
).map("".join)


@limits(max_examples=200, deadline=None)
@given(st.one_of(CRAFTED, CRAFTED.map("/".__add__), st.text()))
def test_no_text_leads_away_from_the_site(text: str) -> None:
    found = safe(text)
    if found is None:
        return
    target = read_by_a_browser(found)
    assert found == text
    assert target.startswith("/")
    assert not target.startswith("//")
    assert urlsplit(urljoin("https://id.example.org/account/", target)).netloc == "id.example.org"
    assert len(found) <= LIMIT


@few
@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_no_spelling_of_a_key_counts_apart(key: str, form: Any) -> None:
    name = counter_name("sign-in.account", key)
    assert name == counter_name("sign-in.account", f"  {unicodedata.normalize(form, key)}\n")
    assert re.fullmatch(r"limit:sign-in\.account:[0-9a-f]{32}", name)


@few
@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789@.+-äöéß", max_size=40), st.data())
def test_no_capital_letter_counts_apart(key: str, data: st.DataObject) -> None:
    mixed = "".join(data.draw(st.sampled_from([c, c.upper()])) if c != "ß" else c for c in key)
    assert counter_name("sign-in.account", mixed) == counter_name("sign-in.account", key)


TYPES = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=no-such-thing",
    "application/json",
    "application/json; charset=latin-1",
    "multipart/form-data",
    "multipart/form-data; boundary=b",
    "multipart/form-data; boundary=b; charset=utf-7",
    "text/plain",
    "",
]
PART = [
    b"--b\r\n",
    b"--b--\r\n",
    b"\r\n\r\n",
    b'Content-Disposition: form-data; name="login"',
    b'; filename="x"',
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Type: text/plain; charset=nope\r\n",
    b"\xff\x00",
    b"=",
    b"a",
]
BODIES = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from(PART), max_size=12).map(b"".join),
    st.text('[]{}":,0123456789eE+-.\\u nulltruefalse', max_size=60).map(str.encode),
    st.text("login=password1&%0123456789abcdef+;", max_size=60).map(str.encode),
)


@pytest.mark.django_db
@pytest.mark.parametrize("content_type", TYPES)
@limits(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, method=st.sampled_from(["POST", "POST", "PUT", "PATCH", "GET"]))
def test_no_body_breaks_the_site(client: Client, content_type: str, body: bytes, method: str) -> None:
    assert method in METHODS
    assert client.generic(method, "/account/logout/", body, content_type=content_type).status_code < 500


@pytest.mark.django_db
@few
@given(query=st.text(st.characters(max_codepoint=255), max_size=60))
def test_no_query_breaks_the_site(client: Client, query: str) -> None:
    assert client.get("/account/login/", QUERY_STRING=query).status_code < 500


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["-1", "+5", "٣", "1e3", " 3 ", "9" * 5000])
def test_no_length_breaks_the_site(client: Client, length: str) -> None:
    response = client.generic(
        "POST", "/account/login/", b"login=a", content_type=TYPES[0], CONTENT_LENGTH=length
    )
    assert response.status_code < 500


@pytest.mark.django_db
@pytest.mark.parametrize("number", [0, 1, 4, 5])
def test_a_growing_table_is_emptied_in_bites(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for name in range(number):
        RateCounter.objects.create(key=f"old-{name}", count=1, ends_at=timezone.now())
    RateCounter.objects.create(key="new", count=1, ends_at=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        assert retention.delete_in_batches(RateCounter.objects.filter(key__startswith="old")) == number
    assert sum(query["sql"].startswith("DELETE") for query in queries) == -(-number // 2)
    assert RateCounter.objects.get().key == "new"
