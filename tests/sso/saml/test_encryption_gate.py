"""What a message asks to be done before it can be decrypted is looked over first: nothing is fetched, opened or run."""

import os
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.sso.saml import names
from tests.sso.saml.encryption import Encryption
from tests.sso.saml.forge import assertion_of, posted
from tests.sso.saml.keys import rsa_key
from tests.sso.saml.names import DS, SAML, XENC
from tests.sso.saml.provider import SITE_KEY, Provider, outcome, reason

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]


@pytest.mark.parametrize(
    "how",
    [
        {"data": names.DES3_CBC},
        {"transport": "rsa15"},
        {"data": names.DES3_CBC, "transport": "rsa15"},
    ],
)
@pytest.mark.parametrize("layout", ["inside", "sibling"])
def test_a_poor_method_is_refused(idp: Provider, how: dict[str, Any], layout: str) -> None:
    assert idp.refused(encryption=Encryption(to=SITE_KEY, layout=layout, **how)) == "encryption-algorithm"


@pytest.mark.parametrize("element", ["EncryptedData", "EncryptedKey"])
@pytest.mark.parametrize(
    "algorithm",
    ["", "urn:none", names.XENC + "kw-aes128", names.RSA_SHA256, names.XENC + "arcfour", names.AES128_CBC.upper()],
)  # fmt: skip
def test_an_unknown_method_is_refused(idp: Provider, element: str, algorithm: str) -> None:
    root = idp.root(encryption=Encryption(to=SITE_KEY))
    root.find(f".//{{{XENC}}}{element}/{{{XENC}}}EncryptionMethod").set("Algorithm", algorithm)
    assert reason(posted(root), idp.connection) == "encryption-algorithm"


@pytest.mark.parametrize("element", ["EncryptedData", "EncryptedKey"])
def test_a_method_is_named(idp: Provider, element: str) -> None:
    root = idp.root(encryption=Encryption(to=SITE_KEY))
    method = root.find(f".//{{{XENC}}}{element}/{{{XENC}}}EncryptionMethod")
    method.getparent().remove(method)
    assert reason(posted(root), idp.connection) == "encryption-algorithm"


@pytest.mark.parametrize(
    "parameter",
    [
        f'<ds:DigestMethod xmlns:ds="{DS}" Algorithm="{names.MD5}"/>',
        f'<m:MGF xmlns:m="{names.XENC11}" Algorithm="urn:none"/>',
        f'<ds:Transforms xmlns:ds="{DS}"/>',
        "<x/>",
    ],
)
def test_a_method_has_no_strange_parameters(idp: Provider, parameter: str) -> None:
    root = idp.root(encryption=Encryption(to=SITE_KEY))
    root.find(f".//{{{XENC}}}EncryptedKey/{{{XENC}}}EncryptionMethod").append(etree.fromstring(parameter))
    assert reason(posted(root), idp.connection) == "encryption-algorithm"


@pytest.fixture
def pipe(tmp_path: Path) -> str:
    """Whoever opens it waits for good."""
    os.mkfifo(tmp_path / "pipe")
    return f"file://{tmp_path / 'pipe'}"


ELSEWHERE = [
    "{pipe}",
    "file:///dev/zero",
    "/dev/zero",
    "http://127.0.0.1:1/",
    "",
    "#",
    "#xpointer(/)",
    "cid:x",
]


def transforms(inside: str) -> str:
    return f"<xenc:Transforms>{inside}</xenc:Transforms>"


@pytest.mark.parametrize("uri", [*ELSEWHERE, "#_x"])
@pytest.mark.parametrize("transform", [None, names.BASE64, names.XSLT])
def test_ciphertext_stands_in_the_message(idp: Provider, pipe: str, uri: str, transform: str | None) -> None:
    inside = transforms(f'<ds:Transform Algorithm="{transform}"/>') if transform else ""
    cipher = f'<xenc:CipherReference URI="{uri.format(pipe=pipe)}">{inside}</xenc:CipherReference>'
    encryption = Encryption(to=SITE_KEY, cipher=cipher)
    assert idp.refused(encryption=encryption) == "encrypted-part"


@pytest.mark.parametrize("uri", ELSEWHERE)
@pytest.mark.parametrize("kind", [names.ENCRYPTED_KEY, ""])
def test_no_key_is_fetched(idp: Provider, pipe: str, uri: str, kind: str) -> None:
    info = f'<ds:RetrievalMethod Type="{kind}" URI="{uri.format(pipe=pipe)}"/>'
    encryption = Encryption(to=SITE_KEY, layout="sibling", key_info=info)
    assert idp.refused(encryption=encryption) in {"encrypted-part", "signature-form"}


@pytest.mark.parametrize(
    "info",
    [
        f'<ds:RetrievalMethod Type="{names.ENCRYPTED_KEY}"/>',
        '<ds:RetrievalMethod URI="#_key"/>',
        f'<ds:RetrievalMethod Type="{DS}X509Data" URI="#_key"/>',
        f'<ds:RetrievalMethod Type="{names.ENCRYPTED_KEY}" URI="#_key"><ds:Transforms/></ds:RetrievalMethod>',
        '<ds:KeyValue/>',
        '<ds:MgmtData/>',
        '<x/>',
        '<xenc:AgreementMethod Algorithm="urn:x"/>',
        '<d:DerivedKey xmlns:d="http://www.w3.org/2009/xmlenc11#"/>',
    ],
)  # fmt: skip
def test_a_key_comes_in_one_of_two_ways(idp: Provider, info: str) -> None:
    encryption = Encryption(to=SITE_KEY, layout="sibling", key_info=info)
    assert idp.refused(encryption=encryption) in {"encrypted-part", "signature-form"}


@pytest.mark.parametrize("info", ["", f'<ds:RetrievalMethod Type="{names.ENCRYPTED_KEY}" URI="#_other"/>'])
def test_a_key_that_is_not_there_opens_nothing(idp: Provider, info: str) -> None:
    encryption = Encryption(to=SITE_KEY, layout="unnamed", key_info=info)
    assert idp.refused(encryption=encryption) == "encryption"


@pytest.mark.parametrize("layout", ["inside", "sibling"])
def test_there_are_not_many_keys(idp: Provider, layout: str) -> None:
    """Each costs an operation with the private key."""
    if layout == "sibling":
        encryption = Encryption(to=SITE_KEY, layout="inside", others=(rsa_key("other"),) * 400)
    else:
        encryption = Encryption(to=SITE_KEY, layout="unnamed", others=(rsa_key("other"),) * 4)
    assert idp.refused(encryption=encryption) == "encrypted-part"


@pytest.mark.parametrize("kind", [None, XENC + "Content", "urn:none", "text/plain"])
def test_what_is_encrypted_is_an_element(idp: Provider, kind: str | None) -> None:
    """However it is labelled, nothing but a refusal or that very assertion comes of it."""
    root = idp.root(encryption=Encryption(to=SITE_KEY))
    data = root.find(f".//{{{XENC}}}EncryptedData")
    del data.attrib["Type"]
    if kind:
        data.set("Type", kind)
    assert outcome(posted(root), idp.connection) in {"dora-1", "encryption", "encrypted-part"}


@pytest.mark.parametrize("place", ["advice", "twice", "beside", "in a subject", "in extensions"])
def test_one_assertion_is_encrypted_and_nothing_else(idp: Provider, place: str) -> None:
    root, other = (idp.root(encryption=Encryption(to=SITE_KEY)) for _ in range(2))
    found = other.find(f"{{{SAML}}}EncryptedAssertion")
    if place == "twice":
        root.append(found)
    elif place == "beside":
        root.append(assertion_of(idp.root()))
    elif place == "in extensions":
        extensions = etree.Element(f"{{{names.SAMLP}}}Extensions")
        extensions.append(found)
        root.insert(1, extensions)
    else:
        root = idp.root()
        parent = (
            assertion_of(root).find(f"{{{SAML}}}Subject") if place == "in a subject" else assertion_of(root)
        )
        parent.append(found)
    assert reason(posted(root), idp.connection) == "number-of-assertions"


def test_an_encrypted_assertion_holds_one_ciphertext(idp: Provider) -> None:
    root, other = (idp.root(encryption=Encryption(to=SITE_KEY)) for _ in range(2))
    root.find(f"{{{SAML}}}EncryptedAssertion").append(other.find(f".//{{{XENC}}}EncryptedData"))
    assert reason(posted(root), idp.connection) == "encrypted-part"


@pytest.mark.parametrize("text", ["", "!", "AAAA", pytest.param("A" * 400_000, id="much"), None])
def test_ciphertext_is_base64(idp: Provider, text: str | None) -> None:
    root = idp.root(encryption=Encryption(to=SITE_KEY))
    for value in root.iter(f"{{{XENC}}}CipherValue"):
        value.text = text
    assert reason(posted(root)[:700_000], idp.connection) in {
        "encryption",
        "encoding",
        "not-xml",
        "too-large",
    }


def test_the_control_is_accepted(idp: Provider) -> None:
    for layout in ("inside", "sibling"):
        encryption = Encryption(to=SITE_KEY, layout=layout, others=(rsa_key("other"),))
        assert idp.says(encryption=encryption).name_id == "dora-1"
