"""Where an address is, if the operator provides a file that knows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.utils import translation
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from core import places

BERLIN = {
    "city": {"names": {"en": "Berlin"}},
    "country": {"names": {"en": "Germany", "de": "Deutschland"}},
}


@pytest.fixture
def known(tmp_path: Path, settings: Any) -> Iterator[None]:
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-City")
    writer.insert_network(IPSet(["203.0.113.0/24"]), BERLIN)
    writer.insert_network(IPSet(["2001:db8::/32"]), {"country": BERLIN["country"]})
    writer.to_db_file(str(tmp_path / "places.mmdb"))
    settings.GEOIP_FILE = str(tmp_path / "places.mmdb")
    places._look_up.cache_clear()
    yield
    places._look_up.cache_clear()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.9", "203.0.113.9 (Berlin, Germany)"),
        ("2001:db8::1", "2001:db8::1 (Germany)"),
        ("198.51.100.7", "198.51.100.7"),
        ("", ""),
        ("nonsense", "nonsense"),
    ],
)
def test_a_known_address_has_a_place(known: None, address: str, shown: str) -> None:
    assert places.with_place(address) == shown


def test_it_is_told_in_the_readers_language(known: None) -> None:
    with translation.override("de"):
        assert places.place("203.0.113.9") == "Berlin, Deutschland"


def test_without_a_file_nobody_is_anywhere() -> None:
    places._look_up.cache_clear()
    assert places.with_place("203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize("content", [None, b"no database"])
def test_a_file_that_cannot_be_read_stops_the_start(
    tmp_path: Path, settings: Any, content: bytes | None
) -> None:
    path = tmp_path / "broken.mmdb"
    if content is not None:
        path.write_bytes(content)
    settings.GEOIP_FILE = str(path)
    assert "core.E001" in [message.id for message in run_checks()]
    places._look_up.cache_clear()
    assert places.place("203.0.113.9") == ""
    places._look_up.cache_clear()


def test_a_good_file_does_not(known: None) -> None:
    assert "core.E001" not in [message.id for message in run_checks()]
