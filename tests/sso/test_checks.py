import subprocess
import sys

import pytest
import xmlsec
from lxml import etree

from sso import checks


def test_the_libraries_work_together() -> None:
    assert checks.check_xml_signatures(None) == []


def test_a_forged_signature_that_passes_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_verifies", lambda signature: True)
    assert [error.id for error in checks.check_xml_signatures(None)] == ["sso.E002"]


def test_a_library_that_fails_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(signature: object) -> bool:
        raise xmlsec.InternalError(-1, "lxml & xmlsec libxml2 library version mismatch")

    monkeypatch.setattr(checks, "_verifies", fail)
    (error,) = checks.check_xml_signatures(None)
    assert error.id == "sso.E001"
    assert "mismatch" in error.msg


def test_both_come_from_wheels_with_one_libxml2() -> None:
    listed = subprocess.run(
        [sys.executable, "-c", "import xmlsec; from lxml import etree; print(etree.LIBXML_VERSION)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert listed.strip() == str(etree.LIBXML_VERSION)
    assert "site-packages" in str(xmlsec.__file__)
