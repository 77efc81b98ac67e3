from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import translation

from core import client
from core.client import address, device, network


def seen(settings: Any, proxies: int | None, forwarded: str | None, peer: str = "10.0.0.1") -> str:
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"x-forwarded-for": forwarded} if forwarded is not None else {}
    return address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (None, None, "10.0.0.1"),
        (0, None, "10.0.0.1"),
        (0, "203.0.113.9", "10.0.0.1"),  # nobody of ours wrote that header
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the left one is the client's own invention
        (1, "198.51.100.1,203.0.113.9", "203.0.113.9"),
        (2, "203.0.113.9, 10.0.0.7", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),  # came past one of our proxies
        (1, "", "10.0.0.1"),
        (1, "unknown", "10.0.0.1"),
        (1, "<script>", "10.0.0.1"),
    ],
)
def test_only_our_own_proxies_are_believed(
    settings: Any, proxies: int | None, forwarded: str | None, expected: str
) -> None:
    assert seen(settings, proxies, forwarded) == expected


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_one_address_has_one_spelling(settings: Any, written: str, normal: str) -> None:
    assert seen(settings, 1, written) == normal


@pytest.mark.parametrize("peer", ["", "unix:"])
def test_a_connection_without_an_address_is_unknown(settings: Any, peer: str) -> None:
    assert seen(settings, 0, None, peer) == client.UNKNOWN_ADDRESS


def test_an_ipv6_client_is_its_network() -> None:
    assert network("2001:db8:1:2:3:4:5:6") == network("2001:db8:1:2:ffff::") == "2001:db8:1:2::/64"
    assert network("2001:db8:1:3::1") != network("2001:db8:1:2::1")


def test_an_ipv4_client_is_itself() -> None:
    assert network("203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/18.0 Mobile/15E148 Safari/604.1",
            "Mobile Safari on iOS",
        ),
        ("curl/8.5.0", "curl"),
        ("", ""),
        ("my-app/1.2 (nightly)", "my-app"),
        ("evil.example/1", ""),
        ("Mozilla/5.0", ""),
        ("\x00\ud800", ""),
    ],
)
def test_a_device_has_a_name_people_know(agent: str, name: str) -> None:
    assert device(agent) == name


def test_an_endless_user_agent_is_cut() -> None:
    assert device("x" * 1_000_000) == ""


@pytest.mark.parametrize(
    ("name", "english", "german"),
    [
        ("Firefox on Windows", "Firefox on Windows", "Firefox unter Windows"),
        ("Firefox", "Firefox", "Firefox"),
        ("", "Unknown device", "Unbekanntes Gerät"),
    ],
)
def test_a_device_is_named_in_the_readers_language(name: str, english: str, german: str) -> None:
    assert client.device_in_words(name) == english
    with translation.override("de"):
        assert client.device_in_words(name) == german
