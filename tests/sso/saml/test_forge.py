"""The forger's own messages hold by other people's rules: what it spoils on purpose is then all that is wrong."""

import base64
from typing import Any
from urllib.parse import unquote

import pytest
import xmlsec
from lxml import etree
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from tests.sso.saml import names
from tests.sso.saml.encryption import KEY_SIZES, OAEP_METHODS, Encryption
from tests.sso.saml.forge import Confirmation, Message, posted, signed
from tests.sso.saml.keys import Key, ec_key, rsa_key
from tests.sso.saml.logout import Logout, form, query
from tests.sso.saml.signing import Signing, xpath

IDP, SITE, EC = rsa_key("idp"), rsa_key("site"), ec_key("idp")
ACS = "https://site.example/acs/"
MESSAGE = Message(acs=ACS, issuer="https://idp.example", audience="https://site.example/metadata/")
BY_IDP = Signing(key=IDP)


def verifies(root: Any, key: Key = IDP) -> bool:
    """As libxmlsec alone sees it, after a journey as text."""
    read = etree.fromstring(etree.tostring(root))
    xmlsec.tree.add_ids(read, ["ID"])
    found = list(read.iter(f"{{{names.DS}}}Signature"))
    assert found
    for signature in found:
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(key.certificate_pem, xmlsec.KeyFormat.CERT_PEM)
        try:
            context.verify(signature)
        except xmlsec.VerificationError:
            return False
    return True


def settings(key: Key) -> OneLogin_Saml2_Settings:
    return OneLogin_Saml2_Settings(
        {
            "strict": True,
            "sp": {
                "entityId": MESSAGE.audience,
                "assertionConsumerService": {"url": ACS},
                "singleLogoutService": {"url": ACS},
                "privateKey": SITE.pem,
                "x509cert": SITE.certificate_pem,
            },
            "idp": {
                "entityId": MESSAGE.issuer,
                "singleSignOnService": {"url": "https://idp.example/sso"},
                "x509cert": key.certificate_base64,
            },
            "security": {"wantAttributeStatement": False},
        }
    )


def accepted(root: Any, key: Key = IDP) -> bool:
    """As python3-saml sees it with nothing of ours around."""
    here = {"http_host": "site.example", "https": "on", "script_name": "/acs/", "get_data": {}}
    return OneLogin_Saml2_Response(settings(key), posted(root).decode()).is_valid(here)


WAYS_OF_SIGNING = [
    {"assertion": BY_IDP},
    {"response": BY_IDP},
    {"assertion": BY_IDP, "response": BY_IDP},
]


@pytest.mark.parametrize("ways", WAYS_OF_SIGNING)
@pytest.mark.parametrize("saml", ["saml", None, "saml2"])
@pytest.mark.parametrize("samlp", ["samlp", None, "saml2p"])
@pytest.mark.parametrize("top", [True, False])
def test_namespaces_may_be_written_in_any_way(ways: Any, saml: Any, samlp: Any, top: bool) -> None:
    message = MESSAGE.but(saml_prefix=saml, samlp_prefix=samlp, declared_at_top=top, value_type="xs:string")
    assert verifies(signed(message, **ways))
    assert accepted(signed(message, **ways))


@pytest.mark.parametrize("ways", WAYS_OF_SIGNING)
def test_a_changed_message_fails(ways: Any) -> None:
    root = signed(MESSAGE, **ways)
    root.find(".//{*}NameID").text = "alice-1"
    assert not verifies(root)
    assert not accepted(root)


@pytest.mark.parametrize(
    ("key", "method", "digest"),
    [
        (IDP, names.RSA_SHA256, names.SHA256),
        (IDP, names.RSA_SHA384, names.SHA384),
        (IDP, names.RSA_SHA512, names.SHA512),
        (IDP, names.PSS_SHA256, names.SHA256),
        (IDP, names.RSA_SHA1, names.SHA1),
        (IDP, names.RSA_MD5, names.MD5),
        (EC, names.ECDSA_SHA256, names.SHA256),
        (rsa_key("weak", 1024), names.RSA_SHA256, names.SHA256),
    ],
)
def test_each_algorithm_verifies(key: Key, method: str, digest: str) -> None:
    root = signed(MESSAGE, assertion=Signing(key=key, method=method, digest=digest))
    assert verifies(root, key)
    assert accepted(root, key)


@pytest.mark.parametrize("where", ["assertion", "response"])
@pytest.mark.parametrize("canonicalization", [names.EXCLUSIVE, names.INCLUSIVE, names.INCLUSIVE_11])
@pytest.mark.parametrize(
    "transforms",
    [
        (names.ENVELOPED, names.EXCLUSIVE),
        (names.ENVELOPED, names.EXCLUSIVE_WITH_COMMENTS),
        (names.ENVELOPED, names.INCLUSIVE),
        (names.ENVELOPED,),
        (names.ENVELOPED, xpath("not(ancestor-or-self::saml:NameID)"), names.EXCLUSIVE),
    ],
)
def test_each_transform_verifies(where: str, canonicalization: str, transforms: tuple[str, ...]) -> None:
    signing = Signing(key=IDP, canonicalization=canonicalization, transforms=transforms)
    assert verifies(signed(MESSAGE, **{where: signing}))


def test_what_an_xpath_leaves_out_may_change() -> None:
    """Why such a transform must not be believed."""
    leaves_out = Signing(
        key=IDP,
        transforms=(names.ENVELOPED, xpath("not(ancestor-or-self::saml:NameID)"), names.EXCLUSIVE),
    )
    root = signed(MESSAGE, assertion=leaves_out)
    root.find(".//{*}NameID").text = "alice-1"
    assert accepted(root)


@pytest.mark.parametrize("prefixes", ["xs", "xs xsi", "#default saml xs"])
def test_prefixes_may_be_counted_in(prefixes: str) -> None:
    message = MESSAGE.but(value_type="xs:string")
    assert verifies(signed(message, assertion=Signing(key=IDP, prefixes=prefixes)))


@pytest.mark.parametrize("data", KEY_SIZES)
@pytest.mark.parametrize("transport", [*OAEP_METHODS, "rsa15"])
@pytest.mark.parametrize("layout", ["inside", "sibling"])
def test_each_encryption_is_read(data: str, transport: str, layout: str) -> None:
    root = signed(
        MESSAGE,
        assertion=BY_IDP,
        encryption=Encryption(to=SITE, data=data, transport=transport, layout=layout),
    )
    response = OneLogin_Saml2_Response(settings(IDP), posted(root).decode())
    assert response.get_nameid() == "dora-1"
    # Its schema does not know the mask's name, and that is all it says against it.
    assert accepted(root) == (transport != "xmlenc11")


@pytest.mark.parametrize(
    "knobs",
    [
        {"not_on_or_after": -600},
        {"not_before": 600},
        {"audiences": (("https://other.example",),)},
        {"issuer": "https://other.example"},
        {"wrapper_issuer": "https://other.example"},
        {"destination": "https://other.example"},
        {"status": names.RESPONDER},
        {"version": "1.1"},
        {"id": None},
        {"name_id": None, "subject": False},
        {"authn": 0},
        {"conditions": False},
        {"confirmations": ()},
        {"confirmations": (Confirmation(recipient="https://other.example"),)},
        {"confirmations": (Confirmation(not_on_or_after=-1),)},
        {"confirmations": (Confirmation(method=names.HOLDER_OF_KEY),)},
    ],
)
def test_a_field_that_is_spoilt_is_refused_by_the_stock_library(knobs: dict[str, Any]) -> None:
    assert not accepted(signed(MESSAGE.but(**knobs), response=BY_IDP))


# --- Signing out --------------------------------------------------------------------------------------------

LOGOUT = Logout(destination=ACS, issuer="https://idp.example")


@pytest.mark.parametrize("message", [LOGOUT, LOGOUT.but(status=names.SUCCESS, in_response_to="_asked")])
@pytest.mark.parametrize("relay_state", [None, "back+to/here"])
@pytest.mark.parametrize("lower", [True, False])
def test_a_signed_query_verifies(message: Logout, relay_state: str | None, lower: bool) -> None:
    written, _, signature = query(message, BY_IDP, relay_state, lower=lower).rpartition("&Signature=")
    octets = base64.b64decode(unquote(signature))
    assert OneLogin_Saml2_Utils.validate_binary_sign(written, octets, IDP.certificate_pem)
    assert not OneLogin_Saml2_Utils.validate_binary_sign(written + "x", octets, IDP.certificate_pem)
    assert ("%3d" in written + signature) == lower


@pytest.mark.parametrize("message", [LOGOUT, LOGOUT.but(status=names.SUCCESS, in_response_to="_asked")])
def test_a_signed_form_verifies(message: Logout) -> None:
    fields = form(message, BY_IDP, "here")
    assert fields["RelayState"] == "here"
    assert verifies(etree.fromstring(OneLogin_Saml2_Utils.b64decode(fields[message.parameter])))
