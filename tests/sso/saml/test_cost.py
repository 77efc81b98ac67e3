"""Nothing that anybody can send without a key costs more than an honest message does by much."""

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from sso.saml.response import read
from tests.sso.saml import names
from tests.sso.saml.encryption import Encryption
from tests.sso.saml.forge import Confirmation, assertion_of, posted
from tests.sso.saml.provider import SITE_KEY, Provider, reason

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

# In one message, which is then at its largest.
ROOM = 380_000


def attributes(value: Any) -> None:
    """They are sorted before they are signed."""
    names_of = " ".join(f'a{number * 7919 % 100_003}=""' for number in range(ROOM // 12))
    value.append(etree.fromstring(f"<x {names_of}/>"))


def attributes_descending(value: Any) -> None:
    names_of = " ".join(f'a{number:06}=""' for number in range(ROOM // 12, 0, -1))
    value.append(etree.fromstring(f"<x {names_of}/>"))


def shuffled(count: int) -> list[int]:
    """Always in the same disorder."""
    return [number * 7919 % 100_003 for number in range(count)]


def namespaces(value: Any) -> None:
    declared = " ".join(f'xmlns:n{number}="u{number}"' for number in shuffled(ROOM // 28))
    value.append(etree.fromstring(f"<x {declared}/>"))


def namespaces_in_use(value: Any) -> None:
    numbers = shuffled(ROOM // 44)
    declared = " ".join(f'xmlns:n{number}="u{number}"' for number in numbers)
    used = " ".join(f'n{number}:a=""' for number in numbers)
    value.append(etree.fromstring(f"<x {declared} {used}/>"))


def namespaces_above_elements(value: Any) -> None:
    """Each element has to find its own among all of them."""
    declared = " ".join(f'xmlns:n{number}="u{number}"' for number in range(4000))
    value.append(etree.fromstring(f"<x {declared}>{''.join(f'<n{n}:y/>' for n in range(4000))}</x>"))


def namespaces_at_each_depth(value: Any) -> None:
    text = ""
    for depth in range(30):
        declared = " ".join(f'xmlns:n{depth}_{number}="u{depth}_{number}"' for number in range(300))
        text = f"<x {declared}>{text}{'<y/>' * 100}</x>"
    value.append(etree.fromstring(text))


def elements(value: Any) -> None:
    for _ in range(4500):
        etree.SubElement(value, "x")


def text(value: Any) -> None:
    value.text = "x" * ROOM


def entities(value: Any) -> None:
    value.text = "<" * (ROOM // 4)


def spaces(value: Any) -> None:
    value.text = " " * ROOM


def one_long_name(value: Any) -> None:
    etree.SubElement(value, "x" * 40_000)


def one_long_namespace(value: Any) -> None:
    etree.SubElement(value, "{urn:" + "x" * ROOM + "}y")


SHAPES: tuple[Callable[[Any], None], ...] = (
    attributes, attributes_descending, namespaces, namespaces_in_use, namespaces_above_elements,
    namespaces_at_each_depth, elements, text, entities, spaces, one_long_name, one_long_namespace,
)  # fmt: skip
PREFIXES = ["", " ".join(f"n{number}" for number in range(16))]


@pytest.mark.parametrize("fill", SHAPES)
@pytest.mark.parametrize("sign", ["assertion", "both"])
@pytest.mark.parametrize("prefixes", PREFIXES, ids=["none", "some"])
def test_a_large_message_with_a_bad_signature_is_soon_refused(
    idp: Provider, fill: Callable[[Any], None], sign: str, prefixes: str
) -> None:
    root = idp.root(sign=sign, how={"prefixes": prefixes})
    fill(root.find(f".//{{{names.SAML}}}AttributeValue"))
    message = posted(root)
    assert len(message) < 700_000
    # The wrapper's place, and then what is in it.
    assert reason(message, idp.connection) in {"signature", "too-complex", "not-xml", "transforms"}


@pytest.mark.parametrize("fill", SHAPES)
def test_a_large_message_is_no_cheaper_to_send_encrypted(idp: Provider, fill: Callable[[Any], None]) -> None:
    """Whoever has our certificate can encrypt: the same gate stands behind the decryption."""
    root = idp.root()
    fill(root.find(f".//{{{names.SAML}}}AttributeValue"))
    content = etree.tostring(assertion_of(root))[:500_000]
    message = idp.post(encryption=Encryption(to=SITE_KEY, plain=lambda _: content))
    assert reason(message, idp.connection) in {"signature", "encryption", "too-large"}


@pytest.mark.parametrize("name", ["IssueInstant", "ID", "Version", "InResponseTo", "Destination"])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param("9" * 300_000, id="digits"),
        pytest.param("_" + "x" * 300_000, id="name"),
        pytest.param("2026-11-28T00:00:00." + "9" * 300_000 + "Z", id="moment"),
    ],
)
def test_a_long_attribute_of_the_wrapper_is_soon_refused(idp: Provider, name: str, value: str) -> None:
    root = idp.root()
    root.set(name, value)
    reason(posted(root), idp.connection)


def test_many_confirmations_are_soon_done_with(idp: Provider) -> None:
    wrong = (Confirmation(recipient="https://other.example"),) * 1500
    assert idp.refused(confirmations=wrong) == "recipient"


def test_an_honest_message_is_cheap(idp: Provider) -> None:
    """The control: of the same size, with a signature that holds."""
    values = tuple(f"group-{number}" for number in range(2000))
    assert read(idp.post(attributes={"groups": values}), idp.connection).attributes["groups"] == values
