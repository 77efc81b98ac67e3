"""What is no decent XML is refused before anything in it is looked at, whatever it costs others to read."""

import base64
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from sso.models import Connection, SeenMessage
from sso.saml.errors import SamlRefused
from sso.saml.response import read
from tests.sso.saml.forge import posted
from tests.sso.saml.names import SAML, SAMLP, SUCCESS
from tests.sso.saml.provider import Provider, reason

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]


def octets(idp: Provider, **how: object) -> bytes:
    return etree.tostring(idp.root(**how))


def coded(content: bytes) -> bytes:
    return base64.b64encode(content)


def in_response(content: bytes) -> bytes:
    """As successful as it says, so that only its content decides."""
    status = b'<samlp:Status><samlp:StatusCode Value="%b"/></samlp:Status>' % SUCCESS.encode()
    inside = status + content
    return b'<samlp:Response xmlns:samlp="%b" ID="_1" Version="2.0">%b</samlp:Response>' % (
        SAMLP.encode(),
        inside,
    )


# --- The form field -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"", {"encoding", "not-xml"}),
        (b"=", {"encoding"}),
        (b"====", {"encoding"}),
        (b"A", {"encoding"}),
        (b"\xff\xfe", {"encoding"}),
        (b"PHNhbWw+!", {"encoding"}),
        (b"PHNhbWw\x00+", {"encoding"}),
        (b"PHNhbWwt_w-", {"encoding"}),
        (b"<samlp:Response/>", {"encoding"}),
        (b"AAAA", {"not-xml"}),
        pytest.param(b"A" * 700_001, {"too-large"}, id="over the limit"),
        pytest.param(b"A" * 50_000_000, {"too-large"}, id="far over the limit"),
    ],
)
def test_what_is_not_base64_of_xml_is_refused(
    connection: Connection, message: bytes, expected: set[str]
) -> None:
    assert reason(message, connection) in expected


@pytest.mark.parametrize("foreign", [b"!", b"\x00", b"-", b"\xc3\xa9", b"%0A", b"=", b"\x0b", b"\xc2\xa0"])
@pytest.mark.parametrize("place", [0, 1, 400])
def test_a_foreign_character_in_base64_is_not_passed_over(idp: Provider, foreign: bytes, place: int) -> None:
    message = idp.post()
    assert reason(message[:place] + foreign + message[place:], idp.connection) == "encoding"


@pytest.mark.parametrize("rest", [b"AAAA", b"PCEtLSAtLT4="])
def test_nothing_follows_the_padding(idp: Provider, rest: bytes) -> None:
    message = next(padded for padded in iter(idp.post, None) if padded.endswith(b"="))
    assert reason(message + rest, idp.connection) == "encoding"


def test_a_message_over_the_limit_is_refused_though_all_else_is_right(idp: Provider) -> None:
    small, large = (
        idp.post(attributes={"mail": ("dora@acme.example",), "note": ("x" * 1000,) * number})
        for number in (400, 520)
    )
    assert len(small) < 700_000 < len(large)
    assert read(small, idp.connection).attributes["mail"] == ("dora@acme.example",)
    assert reason(large, idp.connection) == "too-large"


# --- The document -------------------------------------------------------------------------------------------

LAUGHS = b"".join(b'<!ENTITY l%d "%b">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
QUADRATIC = b'<!DOCTYPE r [<!ENTITY a "%b">]>' % (b"x" * 50_000) + in_response(b"&a;" * 5000)

DOCUMENTS: dict[str, tuple[bytes, set[str]]] = {
    "empty root": (b"<r/>", {"structure"}),
    "another root": (in_response(b"").replace(b"Response", b"LogoutRequest"), {"structure"}),
    "another namespace": (in_response(b"").replace(b"SAML:2.0", b"SAML:1.1"), {"structure"}),
    "a lone assertion": (b'<Assertion xmlns="%b"/>' % SAML.encode(), {"structure"}),
    "no assertion": (in_response(b""), {"number-of-assertions"}),
    "text": (b"hello", {"not-xml"}),
    "nothing": (b"", {"not-xml", "encoding"}),
    "two roots": (in_response(b"") * 2, {"not-xml"}),
    "what follows": (in_response(b"") + b"x", {"not-xml"}),
    "a prefix nobody declared": (in_response(b"<x:y/>"), {"not-xml"}),
    "an attribute twice": (in_response(b"<y a='1' a='2'/>"), {"not-xml"}),
    "NUL": (in_response(b"\x00"), {"not-xml"}),
    "NUL by reference": (in_response(b"&#0;"), {"not-xml"}),
    "a control character": (in_response(b"\x08"), {"not-xml"}),
    "half a surrogate": (in_response(b"&#xD800;"), {"not-xml"}),
    "not UTF-8": (in_response(b"\xff"), {"not-xml"}),
    "overlong UTF-8": (in_response(b"\xc0\xbc"), {"not-xml"}),
    "version 1.1": (b'<?xml version="1.1"?>' + in_response(b""), {"not-xml", "structure", "number-of-assertions"}),
    "doctype": (b"<!DOCTYPE r>" + in_response(b""), {"doctype"}),
    "doctype elsewhere": (b'<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd">' + in_response(b""), {"doctype"}),
    "doctype in a file": (b'<!DOCTYPE r SYSTEM "file:///dev/zero">' + in_response(b""), {"doctype"}),
    "unused entity": (b'<!DOCTYPE r [<!ENTITY a "b">]>' + in_response(b""), {"doctype"}),
    "entity": (b'<!DOCTYPE r [<!ENTITY a "b">]>' + in_response(b"&a;"), {"doctype"}),
    "file entity": (
        b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + in_response(b"&a;"),
        {"doctype"},
    ),
    "endless entity": (b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///dev/zero">]>' + in_response(b"&a;"), {"doctype"}),
    "parameter entity": (
        b'<!DOCTYPE r [<!ENTITY % a SYSTEM "file:///dev/zero"> %a;]>' + in_response(b""),
        {"doctype", "not-xml"},
    ),
    "laughs": (
        b'<!DOCTYPE r [<!ENTITY l0 "ha">' + LAUGHS + b"]>" + in_response(b"&l11;"),
        {"doctype", "not-xml"},
    ),
    "laughs in an attribute": (
        b'<!DOCTYPE r [<!ENTITY l0 "ha">' + LAUGHS + b"]>" + in_response(b"<y a='&l11;'/>"),
        {"doctype", "not-xml"},
    ),
    "quadratic": (QUADRATIC, {"doctype", "not-xml"}),
    "recursive": (
        b'<!DOCTYPE r [<!ENTITY a "&b;"><!ENTITY b "&a;">]>' + in_response(b"&a;"),
        {"doctype", "not-xml"},
    ),
    "attributes by default": (
        b'<!DOCTYPE r [<!ATTLIST r ID CDATA "_1">]>' + in_response(b""),
        {"doctype"},
    ),
    "comment": (in_response(b"<!-- -->"), {"comments"}),
    "comment before": (b"<!-- -->" + in_response(b""), {"comments"}),
    "comment after": (in_response(b"") + b"<!-- -->", {"comments"}),
    "instruction": (in_response(b"<?php x ?>"), {"comments"}),
    "instruction before": (b'<?xml-stylesheet href="file:///etc/passwd"?>' + in_response(b""), {"comments"}),
    "many elements": (in_response(b"<y/>" * 100_000), {"too-complex"}),
    "a few too many": (in_response(b"<y/>" * 5000), {"too-complex"}),
    "deep": (in_response(b"<y>" * 200 + b"</y>" * 200), {"too-complex"}),
    "very deep": (in_response(b"<y>" * 50_000 + b"</y>" * 50_000), {"not-xml", "too-complex"}),
    "many attributes": (
        in_response(b"<y %b/>" % b" ".join(b"a%d=''" % n for n in range(40_000))),
        {"number-of-assertions", "too-complex", "not-xml"},
    ),
    "many namespaces": (
        in_response(b"<y %b/>" % b" ".join(b"xmlns:a%d='b'" % n for n in range(25_000))),
        {"number-of-assertions", "too-complex", "not-xml"},
    ),
    "namespaces and prefixes": (
        in_response(
            b"<y %b>%b</y>"
            % (b" ".join(b"xmlns:a%d='b%d'" % (n, n) for n in range(4000)), b"<a3999:b/>" * 4000)
        ),
        {"number-of-assertions", "too-complex", "not-xml"},
    ),
    "identifiers alike": (in_response(b"<y ID='_1'/>"), {"repeated-id"}),
    "identifiers alike, spelt otherwise": (in_response(b"<y Id='_1'/>"), {"repeated-id"}),
    "identifiers alike, in the namespace of XML": (in_response(b"<y xml:id='_1'/>"), {"repeated-id", "not-xml"}),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_is_none_of_a_provider_is_refused(connection: Connection, name: str) -> None:
    content, expected = DOCUMENTS[name]
    assert reason(coded(content), connection) in expected


@pytest.mark.parametrize(
    "encoding", ["UTF-16", "UTF-16-LE", "UTF-32", "UTF-7", "ISO-8859-1", "cp037", "windows-1252"]
)
def test_an_encoding_other_than_utf_8_is_refused(idp: Provider, encoding: str) -> None:
    """A signed message, so that nothing else is wrong with it."""
    text = octets(idp).decode()
    content = f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)
    assert reason(coded(content), idp.connection) in {"encoding", "not-xml"}


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_a_byte_order_mark_alone_changes_no_encoding(idp: Provider, mark: bytes) -> None:
    text = octets(idp).decode()
    coding = "UTF-16-LE" if mark[0] == 0xFF else "UTF-16-BE"
    assert reason(coded(mark + text.encode(coding)), idp.connection) in {"encoding", "not-xml"}


def test_a_message_cut_off_anywhere_is_refused(idp: Provider) -> None:
    content = octets(idp, sign="both")
    for end in range(0, len(content), 97):
        with pytest.raises(SamlRefused):
            read(coded(content[:end]), idp.connection)


def test_base64_cut_off_anywhere_is_refused(idp: Provider) -> None:
    message = idp.post()
    for end in range(1, len(message), 131):
        with pytest.raises(SamlRefused):
            read(message[:end], idp.connection)


def test_an_octet_turned_over_anywhere_is_refused_or_changes_nothing(idp: Provider) -> None:
    """Outside of what is signed (white space, the wrapper) a change may pass, but never into what is believed."""
    content = octets(idp, sign="both")
    for place in range(0, len(content), 53):
        changed = bytearray(content)
        changed[place] ^= 0x04
        try:
            assertion = read(coded(bytes(changed)), idp.connection)
        except SamlRefused:
            continue
        assert (assertion.name_id, assertion.attributes) == ("dora-1", {"mail": ("dora@acme.example",)})
        SeenMessage.objects.all().delete()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300))
def test_noise_is_refused(connection: Connection, content: bytes) -> None:
    for message in (content, coded(content), coded(in_response(content))):
        with pytest.raises(SamlRefused):
            read(message, connection)


PIECES = (
    b"<saml:Assertion>", b"</saml:Assertion>", b"<ds:Signature>", b"</ds:Signature>", b"<saml:EncryptedAssertion>",
    b"</saml:EncryptedAssertion>", b"<xenc:EncryptedData/>", b"<saml:Subject/>", b"<ds:SignedInfo/>", b"<ds:KeyInfo/>",
    b"<saml:Conditions/>", b"<samlp:Status/>", b"<saml:Issuer/>", b"x", b"<ds:Reference/>",
    b"<xenc:EncryptedKey><ds:KeyInfo/></xenc:EncryptedKey>", b"<ds:RetrievalMethod/>", b"<ds:Object/>",
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=12))
def test_pieces_in_any_order_are_refused(connection: Connection, pieces: list[bytes]) -> None:
    """Whatever is missing, nothing but a refusal comes of it: no error of a library."""
    declared = (
        f'xmlns:saml="{SAML}" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" '
        'xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"'
    )
    content = in_response(b"".join(pieces)).replace(b' ID="_1"', f' ID="_1" {declared}'.encode())
    with pytest.raises(SamlRefused):
        read(coded(content), connection)


# --- Nothing is opened --------------------------------------------------------------------------------------


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """Whoever opens it waits for good, unless somebody writes."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


OPENERS: dict[str, Callable[[str], bytes]] = {
    "doctype": lambda uri: f'<!DOCTYPE r SYSTEM "{uri}">'.encode() + in_response(b""),
    "entity": lambda uri: f'<!DOCTYPE r [<!ENTITY a SYSTEM "{uri}">]>'.encode() + in_response(b"&a;"),
    "parameter entity": lambda uri: f'<!DOCTYPE r [<!ENTITY % a SYSTEM "{uri}"> %a;]>'.encode() + in_response(b""),
    "inclusion": lambda uri: in_response(
        f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{uri}" parse="text"/>'.encode()
    ),
    "schema": lambda uri: in_response(
        f'<y xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="urn:y {uri}"/>'.encode()
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OPENERS)
def test_no_file_is_opened(connection: Connection, pipe: Path, name: str) -> None:
    reason(coded(OPENERS[name](f"file://{pipe}")), connection)


def test_values_that_look_like_markup_stay_text(idp: Provider) -> None:
    attributes = {"note": ("<!-- & -->", "]]>", "&amp;")}
    assert idp.says(attributes=attributes).attributes == attributes


@pytest.mark.parametrize("place", ["", "{*}Assertion", "{*}Assertion/{*}Subject"])
def test_a_stray_pointer_is_refused_wherever_it_stands(idp: Provider, place: str) -> None:
    root = idp.root()
    pointer = '<ds:RetrievalMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" URI="file:///dev/zero"/>'
    (root.find(place) if place else root).append(etree.fromstring(pointer))
    assert reason(posted(root), idp.connection) == "signature-form"
