"""A message may be written in many ways, and what the standards leave open is open."""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from lxml import etree

from sso.saml.response import read
from tests.sso.saml import names
from tests.sso.saml.encryption import Encryption
from tests.sso.saml.forge import Confirmation, assertion_of, posted
from tests.sso.saml.moments import HOUR, SKEW, milliseconds, near, seven_digits, with_offset
from tests.sso.saml.provider import SITE_KEY, Provider
from tests.sso.saml.signing import sign
from tests.sso.saml.writing import Xml

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

DORA = ("dora@acme.example",)


# --- Times --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "write_time",
    [
        milliseconds,
        seven_digits,
        with_offset,
        lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.0Z"),
        lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%f000Z"),
        lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00"),
    ],
)
@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_times_may_be_written_in_any_of_the_usual_ways(
    idp: Provider, sign: str, write_time: Callable[[datetime], str]
) -> None:
    before = timezone.now()
    said = idp.says(sign=sign, write_time=write_time, session_ends=600)
    assert near(said.session_ends_at, 600, before)


def test_a_moment_is_read_to_its_fraction(idp: Provider) -> None:
    moment = datetime.now(UTC).replace(microsecond=123000) - timedelta(seconds=10)
    assert idp.says(authn_instant=milliseconds(moment)).authn_instant == moment


@pytest.mark.parametrize(
    "knobs",
    [
        {"not_before": 55},
        {"not_before": -600, "not_on_or_after": -55},
        {"issued": 55},
        {"assertion_issued": 55},
        {"authn_instant": 55},
        {"confirmations": (Confirmation(not_on_or_after=-55),)},
        {"confirmations": (Confirmation(not_before=55),)},
    ],
)
def test_clocks_may_differ_by_a_minute(idp: Provider, knobs: dict[str, Any]) -> None:
    assert idp.says(**knobs).name_id == "dora-1"


def test_somebody_may_have_signed_in_long_ago(idp: Provider) -> None:
    """At the provider, whose own session goes on for days."""
    assert idp.says(authn_instant=-20 * 24 * HOUR).name_id == "dora-1"


def test_it_remembers_an_assertion_for_as_long_as_it_counts(idp: Provider) -> None:
    """Whatever one of its confirmations says: there may be another."""
    said = idp.says(not_on_or_after=400, confirmations=(Confirmation(not_on_or_after=200),))
    assert near(said.expires_at - SKEW, 400, timezone.now() - timedelta(seconds=2))


# --- How it is written --------------------------------------------------------------------------------------


def lines(width: int, end: bytes) -> Callable[[bytes], bytes]:
    return lambda message: end.join(message[at : at + width] for at in range(0, len(message), width)) + end


@pytest.mark.parametrize(
    "fold",
    [
        lines(76, b"\r\n"),
        lines(64, b"\n"),
        lines(60, b" \t\n"),
        lambda message: b"\r\n  " + message + b"  \n",
        lambda message: message.replace(b"A", b" A"),
    ],
)
def test_base64_may_be_folded(idp: Provider, fold: Callable[[bytes], bytes]) -> None:
    assert read(fold(idp.post()), idp.connection).name_id == "dora-1"


@pytest.mark.parametrize(
    "declaration",
    [
        b'<?xml version="1.0"?>',
        b'<?xml version="1.0" encoding="UTF-8"?>',
        b'<?xml version="1.0" encoding="utf-8"?>',
        b"<?xml version='1.0' encoding='utf-8' standalone='yes'?>\r\n",
        b'<?xml version="1.0" encoding="US-ASCII"?>\n',
        b"\xef\xbb\xbf",
        b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>',
        b"\n  ",
    ],
)
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_document_may_begin_in_many_ways(idp: Provider, declaration: bytes, encrypted: bool) -> None:
    how = {"encryption": Encryption(to=SITE_KEY)} if encrypted else {}
    content = declaration + base64.b64decode(idp.post(**how))
    assert read(base64.b64encode(content), idp.connection).name_id == "dora-1"


@pytest.mark.parametrize(
    "value", ["Dörte Müller", "田中 花子", "O’Neill & Söhne <Nord>", "a\u0301", "😀", " inside "]
)
def test_names_come_in_all_scripts(idp: Provider, value: str) -> None:
    said = idp.says(attributes={"name": (value,)})
    assert said.attributes["name"] == (value,)


def test_a_pretty_printed_message_is_read(idp: Provider) -> None:
    """White space between elements is signed as it stands."""
    root = idp.message().element()
    etree.indent(root, space="    ")
    sign(assertion_of(root), idp.signing())
    assert read(posted(root), idp.connection).attributes == {"mail": DORA}


def test_white_space_in_signature_values_is_no_matter(idp: Provider) -> None:
    root = idp.root()
    for name in ("SignatureValue", "X509Certificate"):
        value = root.find(f".//{{{names.DS}}}{name}")
        value.text = "\r\n" + re.sub("(.{64})", "\\1\r\n", value.text) + "\n  "
    assert read(posted(root), idp.connection).name_id == "dora-1"


def test_character_data_sections_are_text(idp: Provider) -> None:
    text = Xml("dora<![CDATA[@acme]]>.example")
    said = idp.says(name_id=text, attributes={"mail": (text,)})
    assert (said.name_id, said.attributes["mail"]) == ("dora@acme.example", DORA)


def test_two_hundred_groups_come_in(idp: Provider) -> None:
    groups = tuple(f"CN=Lamp makers {number},OU=Groups,DC=acme,DC=example" for number in range(200))
    assert idp.says(sign="both", attributes={"groups": groups}).attributes["groups"] == groups


# --- What may be left out or added ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "knobs",
    [
        {"wrapper_issuer": None},
        {"status_message": "Welcome"},
        {"session_index": None},
        {"attributes": {}},
        {"more_conditions": "<saml:OneTimeUse/>"},
        {"more_conditions": '<saml:ProxyRestriction Count="0"/>'},
        {"confirmations": (Confirmation(method=names.HOLDER_OF_KEY), Confirmation())},
        {"confirmations": (Confirmation(recipient="https://other.example"), Confirmation())},
        {"confirmations": (Confirmation(address="2001:db8::1"),)},
    ],
)
def test_what_a_standard_leaves_open_is_open(idp: Provider, knobs: dict[str, Any]) -> None:
    assert idp.says(**knobs).issuer == idp.connection.idp_entity_id


def test_one_of_several_audiences_may_be_ours(idp: Provider) -> None:
    ours = idp.connection.entity_id
    audiences = (("https://other.example", ours), (ours,))
    assert idp.says(audiences=audiences).name_id == "dora-1"


def test_somebody_without_a_name_has_attributes_at_least(idp: Provider) -> None:
    said = idp.says(name_id=None)
    assert (said.name_id, said.attributes) == ("", {"mail": DORA})


def test_an_unsolicited_message_is_read_where_it_may_come(idp: Provider) -> None:
    idp.connection.allow_idp_initiated = True
    assert idp.says(in_response_to=None).in_response_to is None
