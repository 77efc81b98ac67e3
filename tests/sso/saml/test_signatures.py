"""A signature counts if it is the provider's own, by a good method, over just what it stands in."""

import base64
from typing import Any

import pytest
from lxml import etree

from sso.models import Connection, IdpCertificate
from sso.saml import keys as site_keys
from sso.saml.response import read
from tests.sso.saml import names
from tests.sso.saml.conftest import believe
from tests.sso.saml.forge import assertion_of, posted
from tests.sso.saml.keys import ec_key, expired, rsa_key
from tests.sso.saml.names import DS
from tests.sso.saml.provider import IDP_KEY, STRANGE_KEY, Provider, reason
from tests.sso.saml.signing import Signing, certificate, seal, xpath

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

PUBLIC = IDP_KEY.certificate_pem.encode()


# --- Whose it is --------------------------------------------------------------------------------------------


def test_an_unsigned_message_is_refused(idp: Provider) -> None:
    assert idp.refused(sign="none") == "unsigned"


@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
@pytest.mark.parametrize("key_info", [None, "certificate", certificate(IDP_KEY)])
def test_a_strangers_signature_is_refused_whatever_certificate_it_brings(
    idp: Provider, sign: str, key_info: str | None
) -> None:
    how = {"key": STRANGE_KEY, "key_info": key_info}
    assert idp.refused(sign=sign, how=how) == "signature"


def test_a_strangers_key_of_another_kind_is_refused(idp: Provider) -> None:
    assert idp.refused(how={"key": ec_key("strange"), "method": names.ECDSA_SHA256}) == "signature"


def test_our_own_key_signs_nothing_for_a_provider(idp: Provider) -> None:
    assert idp.refused(how={"key": rsa_key("site")}) == "signature"


def test_a_certificate_that_has_ended_proves_nothing(idp: Provider) -> None:
    assert idp.says().name_id == "dora-1"
    idp.connection.certificates.all().delete()
    believe(idp.connection, expired("idp"))
    assert idp.refused() == "no-valid-certificate"


def test_without_certificates_nobody_is_believed(idp: Provider) -> None:
    IdpCertificate.objects.all().delete()
    assert idp.refused() == "no-valid-certificate"


@pytest.mark.parametrize("sign", ["assertion", "response"])
@pytest.mark.parametrize("name", ["SignatureValue", "DigestValue"])
@pytest.mark.parametrize("text", ["", "AAAA", "!", None, "wrong"])
def test_a_value_that_does_not_fit_is_refused(idp: Provider, sign: str, name: str, text: str | None) -> None:
    root = idp.root(sign=sign)
    value = root.find(f".//{{{DS}}}{name}")
    value.text = base64.b64encode(bytes(256)).decode() if text == "wrong" else text
    assert reason(posted(root), idp.connection) == "signature"


@pytest.mark.parametrize(
    "name", ["SignedInfo", "SignatureValue", "Reference", "SignatureMethod", "CanonicalizationMethod", "DigestMethod",
             "DigestValue", "Transforms", "Transform"],
)  # fmt: skip
@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_a_signature_that_lacks_something_is_refused(idp: Provider, sign: str, name: str) -> None:
    root = idp.root(sign=sign)
    part = root.find(f".//{{{DS}}}{name}")
    part.getparent().remove(part)
    assert reason(posted(root), idp.connection) in {"signature-form", "reference", "transforms"}


def test_an_empty_signature_is_refused(idp: Provider) -> None:
    root = idp.root(sign="both")
    del assertion_of(root).find(f"{{{DS}}}Signature")[:]
    assert reason(posted(root), idp.connection) == "signature-form"


@pytest.mark.parametrize("place", ["Issuer", "NameID", "Audience", "AttributeValue", "AuthnContextClassRef"])
def test_a_change_anywhere_breaks_a_signature(idp: Provider, place: str) -> None:
    root = idp.root()
    found = assertion_of(root).find(f".//{{{names.SAML}}}{place}")
    found.text += " "
    assert reason(posted(root), idp.connection) == "signature"


@pytest.mark.parametrize("name", ["ID", "IssueInstant", "Version"])
def test_a_change_of_an_attribute_breaks_a_signature(idp: Provider, name: str) -> None:
    root = idp.root(sign="response")
    assertion_of(root).set(name, "_changed")
    assert reason(posted(root), idp.connection) == "signature"


# --- By which method ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        {"method": names.RSA_SHA1, "digest": names.SHA1},
        {"method": names.RSA_SHA1},
        {"digest": names.SHA1},
        {"method": names.RSA_MD5, "digest": names.MD5},
        {"method": names.RSA_MD5},
        {"digest": names.MD5},
        {"method": names.MORE + "rsa-sha224"},
        {"digest": names.MORE + "sha224"},
        {"method": names.MORE_2007 + "sha1-rsa-MGF1"},
        {"method": names.MORE_2007 + "rsa-pss"},
        {"method": names.DS + "dsa-sha1"},
        {"method": names.HMAC_SHA256, "secret": PUBLIC},
        {"method": names.HMAC_SHA1, "secret": PUBLIC},
        {"method": names.HMAC_SHA256, "secret": b""},
        {"method": names.MORE + "hmac-md5", "secret": PUBLIC},
        {"method": "none"},
        {"method": ""},
        {"method": "urn:none"},
        {"method": names.RSA_SHA256 + " "},
        {"method": names.RSA_SHA256.upper()},
        {"method": names.SHA256},
        {"digest": names.RSA_SHA256},
        {"method": names.ENVELOPED},
    ],
)
@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
def test_a_poor_method_is_refused(idp: Provider, sign: str, how: dict[str, Any]) -> None:
    known = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"}
    if how.get("digest", "sha256").rpartition("#")[2] not in known:
        root = idp.root(sign=sign)
        for element in root.iter(f"{{{DS}}}DigestMethod"):
            element.set("Algorithm", how["digest"])
        assert reason(posted(root), idp.connection) == "signature-algorithm"
        return
    assert idp.refused(sign=sign, how=how) == "signature-algorithm"


def test_only_the_methods_of_an_exception_come_with_it(idp: Provider) -> None:
    idp.connection.legacy = ["3des", "rsa15"]
    assert idp.refused(how={"method": names.RSA_SHA1, "digest": names.SHA1}) == "signature-algorithm"


def test_a_truncated_hmac_is_refused(idp: Provider) -> None:
    root = idp.root(how={"method": names.HMAC_SHA256, "secret": PUBLIC})
    method = root.find(f".//{{{DS}}}SignatureMethod")
    method.append(etree.fromstring(f'<ds:HMACOutputLength xmlns:ds="{DS}">1</ds:HMACOutputLength>'))
    assert reason(posted(root), idp.connection) == "signature-algorithm"


def test_a_short_key_is_no_key() -> None:
    for key in (rsa_key("weak", 1024),):
        with pytest.raises(site_keys.WeakCertificate):
            site_keys.parse(key.certificate_pem)
    assert site_keys.parse(IDP_KEY.certificate_pem) == IDP_KEY.certificate


def test_a_short_key_that_came_into_the_table_all_the_same_signs_nothing(connection: Connection) -> None:
    weak = rsa_key("weak", 1024)
    believe(connection, weak)
    assert Provider(connection, weak).refused() in {"signature", "no-valid-certificate"}


# --- Over what ----------------------------------------------------------------------------------------------


def stylesheet(inside: str) -> str:
    return (
        f'<ds:Transform xmlns:ds="{DS}" Algorithm="{names.XSLT}"><xsl:stylesheet version="1.0" '
        f'xmlns:xsl="http://www.w3.org/1999/XSL/Transform">{inside}</xsl:stylesheet></ds:Transform>'
    )


BOMB = stylesheet(
    '<xsl:template match="/"><xsl:call-template name="t"><xsl:with-param name="n" select="26"/>'
    '</xsl:call-template></xsl:template><xsl:template name="t"><xsl:param name="n"/><xsl:if test="$n &gt; 0">'
    '<xsl:call-template name="t"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template>'
    '<xsl:call-template name="t"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template>'
    "</xsl:if></xsl:template>"
)
READS_FILE = stylesheet(
    '<xsl:template match="/"><xsl:copy-of select="document(\'/dev/zero\')"/></xsl:template>'
)
SLOW_XPATH = xpath("count(" + "//*[" * 12 + "1" + "]" * 12 + ") &gt; 0")
LEAVES_OUT_NAME = xpath("not(ancestor-or-self::saml:NameID)")

TRANSFORMS: dict[str, tuple[str, ...]] = {
    "none at all": (),
    "canonicalization only": (names.EXCLUSIVE,),
    "order": (names.EXCLUSIVE, names.ENVELOPED),
    "enveloped twice": (names.ENVELOPED, names.ENVELOPED),
    "three": (names.ENVELOPED, names.EXCLUSIVE, names.EXCLUSIVE),
    "two thousand": (names.ENVELOPED,) + (names.EXCLUSIVE,) * 2000,
    "base64": (names.ENVELOPED, names.BASE64),
    "base64 alone": (names.BASE64,),
    "inclusive": (names.ENVELOPED, names.INCLUSIVE),
    "inclusive 1.1": (names.ENVELOPED, names.INCLUSIVE_11),
    "inclusive with comments": (names.ENVELOPED, names.INCLUSIVE_WITH_COMMENTS),
    "XPath that leaves out the name": (names.ENVELOPED, LEAVES_OUT_NAME, names.EXCLUSIVE),
    "XPath first": (LEAVES_OUT_NAME, names.ENVELOPED, names.EXCLUSIVE),
    "XPath last": (names.ENVELOPED, LEAVES_OUT_NAME),
    "XPath that keeps nothing": (names.ENVELOPED, xpath("false()"), names.EXCLUSIVE),
    "XPath that takes long": (names.ENVELOPED, SLOW_XPATH, names.EXCLUSIVE),
    "XPath filter 2": (
        names.ENVELOPED,
        f'<ds:Transform xmlns:ds="{DS}" Algorithm="http://www.w3.org/2002/06/xmldsig-filter2"/>',
        names.EXCLUSIVE,
    ),
    "XSLT": (names.ENVELOPED, stylesheet('<xsl:template match="/"/>'), names.EXCLUSIVE),
    "XSLT that takes long": (BOMB,),
    "XSLT that reads a file": (READS_FILE,),
    "unknown": (names.ENVELOPED, "urn:unknown"),
    "empty name": (names.ENVELOPED, ""),
    "XPointer": (names.ENVELOPED, "http://www.w3.org/2001/04/xmldsig-more/xptr"),
    "relationships": (names.ENVELOPED, "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"),
    "decryption": (names.ENVELOPED, "http://www.w3.org/2002/07/decrypt#XML"),
    "with something in enveloped": (
        f'<ds:Transform xmlns:ds="{DS}" Algorithm="{names.ENVELOPED}"><ds:XPath>1</ds:XPath></ds:Transform>',
        names.EXCLUSIVE,
    ),
    "with something in canonicalization": (
        names.ENVELOPED,
        f'<ds:Transform xmlns:ds="{DS}" Algorithm="{names.EXCLUSIVE}"><ds:XPath>1</ds:XPath></ds:Transform>',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_a_transform_that_is_not_on_the_list_is_never_run(idp: Provider, sign: str, name: str) -> None:
    try:
        message = idp.post(sign=sign, how={"transforms": TRANSFORMS[name]})
    except ValueError:  # Base64 of what is none: what would be digested is no matter.
        message = idp.post(sign=sign, how={"transforms": (names.ENVELOPED, names.BASE64, names.EXCLUSIVE)})
    assert reason(message, idp.connection) in {"transforms", "too-complex"}


POOR = [
    names.INCLUSIVE, names.INCLUSIVE_WITH_COMMENTS, names.INCLUSIVE_11, names.XPATH, names.XSLT, names.BASE64,
    names.ENVELOPED, "", "urn:void",
]  # fmt: skip


@pytest.mark.parametrize("method", POOR)
def test_signed_info_is_canonicalized_exclusively(idp: Provider, method: str) -> None:
    assert idp.refused(how={"canonicalization": method}) == "transforms"


def test_a_canonicalization_method_holds_nothing_that_runs(idp: Provider) -> None:
    root = idp.root()
    method = root.find(f".//{{{DS}}}CanonicalizationMethod")
    method.append(etree.fromstring(xpath("true()"))[0])
    assert reason(posted(root), idp.connection) == "transforms"


def wide(root: Any, prefixes: str, *, elements: int) -> bytes:
    """Looking up many prefixes in many elements takes long, and needs no valid signature to begin."""
    value = root.find(f".//{{{names.SAML}}}AttributeValue")
    for _ in range(elements):
        etree.SubElement(value, "x")
    for place in root.iter(f"{{{names.EXC_C14N}}}InclusiveNamespaces"):
        place.set("PrefixList", prefixes)
    return posted(root)


@pytest.mark.parametrize("number", [1000, 100_000])
@pytest.mark.parametrize("where", ["Transform", "CanonicalizationMethod"])
def test_a_long_list_of_prefixes_costs_nobody_anything(idp: Provider, number: int, where: str) -> None:
    root = idp.root(how={"prefixes": "xs"})
    if where == "CanonicalizationMethod":
        found = root.find(f".//{{{names.EXC_C14N}}}InclusiveNamespaces")
        root.find(f".//{{{DS}}}CanonicalizationMethod").append(found)
    prefixes = " ".join(f"p{n % 1000}" for n in range(number))[:250_000]
    message = wide(root, prefixes, elements=4000)
    assert len(message) < 700_000
    assert reason(message, idp.connection) in {"transforms", "signature", "too-complex"}


def reference(uri: str, kind: str = "") -> str:
    return (
        f'<ds:Reference xmlns:ds="{DS}" URI="{uri}"{kind}><ds:Transforms>'
        f'<ds:Transform Algorithm="{names.EXCLUSIVE}"/></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{names.SHA256}"/><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>'
    )


URIS = [
    "", "#", "#_unknown", "#xpointer(/)", "#xpointer(id('_x'))", "file:///dev/zero", "/dev/zero", "http://127.0.0.1:1/",
    "#_x&#32;", "##_x", "cid:_x", "&#32;#_x", "?#_x", "here.xml#_x",
]  # fmt: skip


@pytest.mark.parametrize("uri", URIS)
@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_a_reference_names_what_it_stands_in(idp: Provider, sign: str, uri: str) -> None:
    how = {"uri": uri.replace("&#32;", " ")}
    assert idp.refused(sign=sign, how=how, assertion_id="_x" if sign == "assertion" else "_y") == "reference"


@pytest.mark.parametrize("uri", [*URIS, "#_x"])
@pytest.mark.parametrize("side", ["before", "after"])
def test_there_is_one_reference(idp: Provider, side: str, uri: str) -> None:
    how = {side: reference(uri)}
    assert idp.refused(how=how, assertion_id="_other" if uri == "#_x" else "_x") == "reference"


def test_a_reference_without_a_name_is_refused(idp: Provider) -> None:
    root = idp.root()
    del root.find(f".//{{{DS}}}Reference").attrib["URI"]
    assert reason(posted(root), idp.connection) == "reference"


@pytest.mark.parametrize(
    "inside",
    [
        "<ds:Object xmlns:ds='{ds}'/>",
        "<ds:Object xmlns:ds='{ds}'><ds:Manifest><x/></ds:Manifest></ds:Object>",
        "<ds:Object xmlns:ds='{ds}'><ds:SignatureProperties/></ds:Object>",
        "<ds:KeyInfo xmlns:ds='{ds}'/>",
        "<x/>",
    ],
)
def test_a_signature_holds_nothing_more(idp: Provider, inside: str) -> None:
    assert idp.refused(how={"objects": inside.format(ds=DS)}) == "signature-form"


@pytest.mark.parametrize(
    "info",
    [
        '<ds:RetrievalMethod xmlns:ds="{ds}" URI="file:///dev/zero"/>',
        '<ds:RetrievalMethod xmlns:ds="{ds}" URI="http://127.0.0.1:1/"/>',
        '<ds:RetrievalMethod xmlns:ds="{ds}" URI="#_x" Type="{ds}X509Data"/>',
        '<ds:KeyInfoReference xmlns:ds="http://www.w3.org/2009/xmldsig11#" URI="file:///dev/zero"/>',
        '<e:EncryptedKey xmlns:e="http://www.w3.org/2001/04/xmlenc#"/>',
        '<ds:X509Data xmlns:ds="{ds}"><ds:RetrievalMethod URI="file:///dev/zero"/></ds:X509Data>',
        '<ds:PGPData xmlns:ds="{ds}"/>',
        '<ds:MgmtData xmlns:ds="{ds}">x</ds:MgmtData>',
        '<x xmlns="urn:x"/>',
    ],
)
def test_nothing_is_fetched_for_a_key(idp: Provider, info: str) -> None:
    assert idp.refused(how={"key_info": info.format(ds=DS)}) == "signature-form"


def test_a_signature_sealed_again_after_a_change_is_a_strangers(idp: Provider) -> None:
    root = idp.root()
    root.find(f".//{{{DS}}}DigestValue").text = base64.b64encode(bytes(32)).decode()
    seal(root.find(f".//{{{DS}}}Signature"), Signing(key=STRANGE_KEY))
    assert reason(posted(root), idp.connection) == "signature"


@pytest.mark.parametrize("name", ["a b", "1", "", "x" * 300, "_ä", "a:b", "a#b"])
def test_what_is_signed_has_a_proper_identifier(idp: Provider, name: str) -> None:
    assert idp.refused(assertion_id=name) in {"reference", "schema", "structure"}


def test_what_is_signed_has_an_identifier(idp: Provider) -> None:
    assert idp.refused(assertion_id=None) == "reference"


def test_the_control_is_accepted(idp: Provider) -> None:
    """All of the above differ from this in one thing."""
    assert read(idp.post(), idp.connection).name_id == "dora-1"


def test_a_key_of_the_site_is_large(connection: Connection) -> None:
    made = site_keys.make(connection)
    assert site_keys.parse(made.certificate).public_key().key_size == 3072
