"""What a genuine message calls somebody is taken whole and plain, or not at all."""

import base64
from typing import Any

import pytest
from lxml import etree

from sso.models import SeenMessage
from sso.saml.response import read
from tests.sso.saml import names
from tests.sso.saml.forge import posted
from tests.sso.saml.provider import Provider, reason
from tests.sso.saml.signing import sign
from tests.sso.saml.writing import Xml

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

HIDDEN = [
    "\u0085",
    "\u200b",
    "\u200f",
    "\u202e",
    "\u2028",
    "\u2066",
    "\ufeff",
    "\u00ad",
    "\ue000",
    "\U000e0041",
]
# Which XML lets through by reference.
CONTROL = ["\t", "\n", "\r", "\x7f", "\x9f"]


@pytest.mark.parametrize("sign", ["assertion", "response"])
@pytest.mark.parametrize("cut", ["<!-- -->", "<?cut here?>"])
@pytest.mark.parametrize("field", ["name_id", "value", "issuer", "audience"])
def test_nothing_invisible_cuts_a_value_in_two(idp: Provider, sign: str, cut: str, field: str) -> None:
    """Canonicalization leaves comments out of what is signed, so that anybody may put one in."""
    root = idp.root(sign=sign, name_id="alice-1.evil", attributes={"mail": ("alice@acme.example.evil",)})
    tag = {"name_id": "NameID", "value": "AttributeValue", "issuer": "Issuer", "audience": "Audience"}[field]
    text = etree.tostring(root).decode()
    start = text.rindex(f"<saml:{tag}")
    at = text.index(">", start) + 8
    changed = etree.fromstring(text[:at] + cut + text[at:])
    assert reason(posted(changed), idp.connection) == "comments"
    assert read(posted(root), idp.connection).name_id == "alice-1.evil"


@pytest.mark.parametrize("cut", ["<!-- -->", "<?cut here?>"])
@pytest.mark.parametrize("place", [0, 60, -1])
def test_nothing_invisible_stands_anywhere(idp: Provider, cut: str, place: int) -> None:
    text = etree.tostring(idp.root()).decode()
    at = [0, text.index(">") + 1, len(text)][[0, 60, -1].index(place)]
    changed = (text[:at] + cut + text[at:]).encode()
    assert reason(base64.b64encode(changed), idp.connection) == "comments"


def test_a_comment_that_is_signed_cuts_no_less(idp: Provider) -> None:
    how = {"transforms": (names.ENVELOPED, names.EXCLUSIVE_WITH_COMMENTS)}
    assert idp.refused(how=how, name_id=Xml("alice-1<!-- -->.evil")) == "comments"


# --- The name -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "  \t ", pytest.param("x" * 257, id="long"),
        pytest.param("ä" * 257, id="long in letters"), " dora", "dora ", "do\nra", *(f"do{one}ra" for one in HIDDEN),
        *(f"do{one}ra" for one in CONTROL), "\u00a0",
    ],
)  # fmt: skip
def test_a_name_that_is_none_is_refused(idp: Provider, name: str) -> None:
    assert idp.refused(name_id=name) == "name"


@pytest.mark.parametrize(
    "name", [Xml("alice<x/>.evil"), Xml("<saml:Issuer>alice</saml:Issuer>"), Xml("<x>alice-1</x>")]
)
@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_a_name_with_elements_is_refused(idp: Provider, sign: str, name: str) -> None:
    assert idp.refused(sign=sign, name_id=name) in {"name", "schema"}


@pytest.mark.parametrize("name", ["x" * 256, "Dörte", "ACME\\dora", "a b", '{"id": 1}', "=/+", "0"])
def test_a_name_may_be_anything_else(idp: Provider, name: str) -> None:
    assert idp.says(name_id=name).name_id == name


@pytest.mark.parametrize("knob", ["name_qualifier", "sp_name_qualifier"])
@pytest.mark.parametrize("value", ["https://evil.example", "{own}x", "{own}/", " {own}", "acme"])
def test_a_name_of_somebody_elses_is_refused(idp: Provider, knob: str, value: str) -> None:
    ours = {"name_qualifier": idp.connection.idp_entity_id, "sp_name_qualifier": idp.connection.entity_id}
    assert idp.refused(**{knob: value.replace("{own}", ours[knob])}) == "qualifier"
    assert getattr(idp.says(**{knob: ours[knob]}), knob) == ours[knob]


@pytest.mark.parametrize("value", ["x" * 300, "urn:a\u200bb", "a b\u2028"])
def test_a_format_of_a_name_is_plain_and_short(idp: Provider, value: str) -> None:
    assert idp.refused(name_format=value) in {"name", "schema"}


def test_two_names_are_none(idp: Provider) -> None:
    twice = Xml("</saml:NameID><saml:NameID>alice-1")
    assert idp.refused(name_id=twice) in {"schema", "name"}


def test_an_encrypted_name_is_not_read(idp: Provider) -> None:
    root = idp.message().element()
    name = root.find(f".//{{{names.SAML}}}NameID")
    wrapper = etree.SubElement(name.getparent(), f"{{{names.SAML}}}EncryptedID")
    name.getparent().replace(name, wrapper)
    wrapper.append(
        etree.fromstring(f'<e:EncryptedData xmlns:e="{names.XENC}"><e:CipherData/></e:EncryptedData>')
    )
    sign(root, idp.signing())
    assert reason(posted(root), idp.connection) == "encrypted-part"


# --- Attributes ---------------------------------------------------------------------------------------------

NOT_PLAIN: list[Any] = [
    Xml("alice@acme.example<x/>.evil"),
    Xml("<x>alice@acme.example</x>"),
    Xml("alice@acme.example<saml:NameID>dora</saml:NameID>"),
    "alice@acme.example\nevil",
    "alice@acme.example\r",
    "\talice@acme.example",
    *(f"alice{one}@acme.example" for one in (*HIDDEN, *CONTROL)),
    pytest.param("x" * 5000, id="long"),
]


@pytest.mark.parametrize("value", NOT_PLAIN)
@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_a_value_that_is_not_plain_is_no_value(idp: Provider, sign: str, value: str) -> None:
    """It is neither cut nor cleaned; whoever needs it is refused."""
    said = idp.says(sign=sign, attributes={"mail": (value,), "name": ("Dora",)})
    assert said.attributes == {"name": ("Dora",)}
    assert said.unreadable == {"mail"}


@pytest.mark.parametrize("order", [1, -1])
def test_one_bad_value_spoils_its_attribute(idp: Provider, order: int) -> None:
    values = ("dora@acme.example", Xml("alice@acme.example<x/>"))[::order]
    assert "mail" not in idp.says(attributes={"mail": values}).attributes


@pytest.mark.parametrize("order", [1, -1])
def test_an_attribute_in_two_pieces_is_one(idp: Provider, order: int) -> None:
    """Nobody who looks at one of them may take it for all there is."""
    pieces = ("dora@acme.example", "alice@acme.example")[::order]
    more = (
        '<saml:AttributeStatement><saml:Attribute Name="mail"><saml:AttributeValue>'
        f"{pieces[1]}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"
    )
    said = idp.says(attributes={"mail": (pieces[0],)}, more_in_assertion=more)
    assert said.attributes["mail"] == pieces


@pytest.mark.parametrize("order", [1, -1])
def test_a_bad_piece_spoils_the_other(idp: Provider, order: int) -> None:
    pieces = ("dora@acme.example", "alice@acme.example<x/>")[::order]
    more = (
        '<saml:AttributeStatement><saml:Attribute Name="mail"><saml:AttributeValue>'
        f"{pieces[1]}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"
    )
    said = idp.says(attributes={"mail": (Xml(pieces[0]),)}, more_in_assertion=more)
    assert "mail" in said.unreadable
    assert "mail" not in said.attributes


def test_empty_values_are_none(idp: Provider) -> None:
    said = idp.says(attributes={"mail": ("", "dora@acme.example"), "phone": ("",), "none": ()})
    assert said.attributes == {"mail": ("dora@acme.example",), "phone": (), "none": ()}


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_a_value_by_another_namespace_is_no_value(idp: Provider, prefix: str) -> None:
    fake = Xml(f'</saml:AttributeValue><{prefix}AttributeValue xmlns{":x" if prefix else ""}="urn:x">alice')
    text = fake + f"</{prefix}AttributeValue><saml:AttributeValue>"
    assert idp.refused(attributes={"mail": (Xml(text),)}) == "schema"


def test_what_one_message_said_is_forgotten_by_the_next(idp: Provider) -> None:
    first = idp.says(attributes={"mail": ("dora@acme.example",), "groups": ("lamps",)})
    second = idp.says(attributes={"mail": ("dora@acme.example",)})
    assert "groups" in first.attributes
    assert "groups" not in second.attributes
    assert SeenMessage.objects.count() == 2
