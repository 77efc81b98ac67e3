"""Whatever is moved, copied, renamed or taken away in a genuine message: it is refused, or it says what it said."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from sso.models import SeenMessage
from sso.saml.errors import SamlRefused
from sso.saml.response import read
from tests.sso.saml import names
from tests.sso.saml.encryption import Encryption
from tests.sso.saml.forge import posted
from tests.sso.saml.provider import SITE_KEY, Provider
from tests.sso.saml.writing import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

VICTIM = "alice-1"
TAGS = [
    *(f"{{{names.SAML}}}{tag}" for tag in ("Assertion", "Subject", "NameID", "Advice", "Issuer", "AttributeValue")),
    *(f"{{{names.SAMLP}}}{tag}" for tag in ("Response", "Extensions", "Status", "StatusDetail")),
    *(f"{{{names.DS}}}{tag}" for tag in ("Object", "Signature", "Reference", "SignedInfo", "KeyInfo")),
    f"{{{names.SAML}}}EncryptedAssertion",
]  # fmt: skip
ATTRIBUTES = ["ID", "Id", "URI", "Algorithm", "InResponseTo", "Destination", "Recipient", "Format", "Version"]
NUMBER = st.integers(0, 10_000)
STEP = st.one_of(
    st.tuples(st.just("move"), NUMBER, NUMBER, NUMBER),
    st.tuples(st.just("copy"), NUMBER, NUMBER, NUMBER),
    st.tuples(st.just("evil copy"), NUMBER, NUMBER, NUMBER),
    st.tuples(st.just("wrap"), NUMBER, st.sampled_from(TAGS), NUMBER),
    st.tuples(st.just("rename"), NUMBER, st.sampled_from(TAGS), NUMBER),
    st.tuples(st.just("drop"), NUMBER, NUMBER, NUMBER),
    st.tuples(st.just("attribute"), NUMBER, st.sampled_from(ATTRIBUTES), NUMBER),
    st.tuples(st.just("text"), NUMBER, NUMBER, NUMBER),
)


def change(root: Any, step: Any) -> Any:
    what, which, where, place = step
    elements = list(root.iter("*"))
    element = elements[which % len(elements)]
    parent = element.getparent()
    if what == "rename":
        element.tag = where
    elif what == "attribute":
        values = [value for one in elements for value in one.attrib.values()]
        element.set(where, values[place % len(values)])
    elif what == "text":
        element.text = VICTIM
    elif parent is None:
        return root
    elif what == "drop":
        parent.remove(element)
    elif what == "wrap":
        wrapper = etree.Element(where)
        parent.replace(element, wrapper)
        wrapper.append(element)
    else:
        put(element, elements[where % len(elements)], place, what)
    return root


def put(element: Any, target: Any, place: int, what: str) -> None:
    if what == "move":
        if element in target.iterancestors() or element is target:
            return
        moved = element
    else:
        moved = copy.deepcopy(element)
    if what == "evil copy":
        for name in moved.iter(f"{{{names.SAML}}}NameID", f"{{{names.SAML}}}AttributeValue"):
            name.text = VICTIM
        for one in moved.iter("*"):
            if one.get("ID") is not None:
                one.set("ID", new_id())
    target.insert(place % (len(target) + 1), moved)


def said(message: bytes, idp: Provider) -> Any:
    SeenMessage.objects.all().delete()
    try:
        found = read(message, idp.connection)
    except SamlRefused:
        return None
    return found.id, found.issuer, found.name_id, found.name_format, found.attributes, found.in_response_to


KINDS: dict[str, dict[str, Any]] = {
    "assertion": {"sign": "assertion"},
    "response": {"sign": "response"},
    "both": {"sign": "both"},
    "encrypted": {"sign": "assertion", "encryption": Encryption(to=SITE_KEY)},
    "both, encrypted": {"sign": "both", "encryption": Encryption(to=SITE_KEY, layout="sibling")},
}


@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=80,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEP, min_size=1, max_size=4))
def test_nothing_else_is_ever_believed(idp: Provider, kind: str, steps: list[Any]) -> None:
    root = idp.root(**KINDS[kind])
    genuine = said(posted(root), idp)
    assert genuine is not None
    for step in steps:
        root = change(root, step)
    assert said(posted(root), idp) in (None, genuine)
