"""What real identity providers send comes in, with exactly what it says."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.sso.saml import names
from tests.sso.saml.encryption import Encryption
from tests.sso.saml.forge import Confirmation
from tests.sso.saml.moments import HOUR, SKEW, milliseconds, near
from tests.sso.saml.provider import ASKED, SITE_KEY, Provider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
MICROSOFT = "http://schemas.microsoft.com/"
URI_FORMAT = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
OID_MAIL = "urn:oid:0.9.2342.19200300.100.1.3"
DORA = ("dora@acme.example",)


# --- One provider after the other ---------------------------------------------------------------------------

ENTRA: dict[str, Any] = {
    "sign": "assertion",
    "how": {"prefix": None},
    "saml_prefix": None,
    "declared_at_top": False,
    "write_time": milliseconds,
    "name_id": "dora@acme.example",
    "name_format": names.EMAIL,
    "not_before": -300,
    "not_on_or_after": HOUR,
    "confirmations": (Confirmation(not_on_or_after=HOUR),),
    "session_index": "_9f4e",
    "authn_context": names.PASSWORD,
    "attribute_format": None,
    "attributes": {
        f"{MICROSOFT}identity/claims/tenantid": ("2b1a7a2a-0000-4f6c-9d5a-0c1d2e3f4a5b",),
        f"{MICROSOFT}claims/authnmethodsreferences": (
            f"{MICROSOFT}ws/2012/12/authmethod/password",
            f"{MICROSOFT}claims/multipleauthn",
        ),
        f"{CLAIMS}givenname": ("Dora",),
        f"{CLAIMS}emailaddress": DORA,
    },
}
OKTA: dict[str, Any] = {
    "sign": "both",
    "how": {"prefixes": "xs"},
    "saml_prefix": "saml2",
    "samlp_prefix": "saml2p",
    "declared_at_top": False,
    "write_time": milliseconds,
    "value_type": "xs:string",
    "issuer_format": names.ENTITY,
    "name_id": "dora@acme.example",
    "name_format": names.UNSPECIFIED,
    "session_index": ASKED,
    "attribute_format": "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified",
    "attributes": {"email": DORA, "groups": ("Everyone", "Lamp makers")},
}
GOOGLE: dict[str, Any] = {
    "sign": "response",
    "saml_prefix": "saml2",
    "samlp_prefix": "saml2p",
    "declared_at_top": False,
    "write_time": milliseconds,
    "value_type": "xs:anyType",
    "name_id": "dora@acme.example",
    "name_format": names.EMAIL,
    "not_before": -300,
    "authn_context": names.UNSPECIFIED_CONTEXT,
    "attribute_format": None,
    "attributes": {"mail": DORA},
}
ONELOGIN: dict[str, Any] = {
    "sign": "response",
    "write_time": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "value_type": "xs:string",
    "name_id": "dora@acme.example",
    "name_format": names.EMAIL,
    "not_before": -180,
    "not_on_or_after": 180,
    "confirmations": (Confirmation(not_on_or_after=180),),
    "session_ends": 86400,
    "attributes": {"User.email": DORA, "memberOf": ("",)},
}
ADFS: dict[str, Any] = {
    "sign": "assertion",
    "how": {"prefix": None},
    "saml_prefix": None,
    "declared_at_top": False,
    "write_time": milliseconds,
    "name_id": "ACME\\dora",
    "name_format": None,
    "not_on_or_after": HOUR,
    "authn_context": names.PROTECTED,
    "session_index": "_3f0c",
    "attribute_format": None,
    "attributes": {f"{CLAIMS}upn": DORA, f"{MICROSOFT}ws/2008/06/identity/claims/role": ("a", "b")},
}
KEYCLOAK: dict[str, Any] = {
    "sign": "both",
    "how": {"key_info": "<k:KeyName xmlns:k='http://www.w3.org/2000/09/xmldsig#'>f3</k:KeyName>"},
    "saml_prefix": "saml",
    "declared_at_top": True,
    "write_time": milliseconds,
    "value_type": "xs:string",
    "name_id": "G-4d1f",
    "name_format": names.PERSISTENT,
    "session_index": "a4a8::1c5e",
    "session_ends": 10 * HOUR,
    "authn_context": names.UNSPECIFIED_CONTEXT,
    "statements_apart": True,
    "attributes": {"Role": ("offline_access", "lamp-maker"), "email": DORA},
}
SIMPLESAMLPHP: dict[str, Any] = {
    "sign": "response",
    "name_id": "_7d1c2e",
    "name_format": names.TRANSIENT,
    "sp_name_qualifier": "ours",
    "session_ends": 8 * HOUR,
    "authn_context": names.PASSWORD,
    "value_type": "xs:string",
    "attribute_format": URI_FORMAT,
    "attributes": {OID_MAIL: DORA, "urn:oid:2.5.4.42": ("Dora",)},
}
PYSAML2: dict[str, Any] = {
    "sign": "both",
    "saml_prefix": "ns1",
    "samlp_prefix": "ns0",
    "issuer_format": names.ENTITY,
    "name_id": "c2f0a1",
    "name_format": names.UNSPECIFIED,
    "value_type": "xs:string",
    "attribute_format": URI_FORMAT,
    "friendly": {OID_MAIL: "mail"},
    "attributes": {OID_MAIL: DORA},
}
SAMLP: dict[str, Any] = {
    "sign": "assertion",
    "how": {"prefix": None},
    "saml_prefix": "saml",
    "declared_at_top": False,
    "write_time": milliseconds,
    "name_id": "dora@acme.example",
    "name_format": None,
    "not_before": 0,
    "not_on_or_after": HOUR,
    "confirmations": (Confirmation(not_on_or_after=HOUR),),
    "value_type": "xs:anyType",
    "attributes": {f"{CLAIMS}emailaddress": DORA},
}
SAMLIFY: dict[str, Any] = {
    "sign": "response",
    "write_time": milliseconds,
    "name_id": "dora@acme.example",
    "name_format": names.EMAIL,
    "value_type": "xs:string",
    "attributes": {"email": DORA},
}
LLNG: dict[str, Any] = {
    "sign": "both",
    "name_id": "dora@acme.example",
    "name_format": names.EMAIL,
    "name_qualifier": "theirs",
    "sp_name_qualifier": "ours",
    "not_before": -60,
    "not_on_or_after": 24 * HOUR,
    "confirmations": (Confirmation(not_on_or_after=24 * HOUR),),
    "session_ends": 20 * HOUR,
    "authn_context": names.UNSPECIFIED_CONTEXT,
    "session_index": "b64=/+",
    "attributes": {"mail": DORA, "uid": ("dora",)},
}
SHIBBOLETH: dict[str, Any] = {
    "sign": "response",
    "saml_prefix": "saml2",
    "samlp_prefix": "saml2p",
    "write_time": milliseconds,
    "name_id": "AAdzZWNyZXQx",
    "name_format": names.TRANSIENT,
    "name_qualifier": "theirs",
    "sp_name_qualifier": "ours",
    "encryption": Encryption(to=SITE_KEY, data=names.AES128_GCM),
    "confirmations": (Confirmation(address="192.0.2.7"),),
    "attribute_format": URI_FORMAT,
    "attributes": {OID_MAIL: DORA},
}
PROVIDERS = {
    "Entra ID": ENTRA,
    "Entra ID, response signed": {**ENTRA, "sign": "response"},
    "Entra ID, both signed": {**ENTRA, "sign": "both"},
    "Okta": OKTA,
    "Google, signed response": GOOGLE,
    "Google, signed assertion": {**GOOGLE, "sign": "assertion"},
    "OneLogin": ONELOGIN,
    "ADFS": ADFS,
    "ADFS, encrypted": {**ADFS, "encryption": Encryption(to=SITE_KEY, data=names.AES256_CBC)},
    "Keycloak": KEYCLOAK,
    "SimpleSAMLphp": SIMPLESAMLPHP,
    "SimpleSAMLphp, both signed": {**SIMPLESAMLPHP, "sign": "both"},
    "SimpleSAMLphp, encrypted": {**SIMPLESAMLPHP, "encryption": Encryption(to=SITE_KEY, data=names.AES128_CBC)},
    "pysaml2": PYSAML2,
    "samlp": SAMLP,
    "samlp, encrypted": {**SAMLP, "encryption": Encryption(to=SITE_KEY)},
    "samlify": SAMLIFY,
    "samlify, signed assertion": {**SAMLIFY, "sign": "assertion"},
    "LemonLDAP::NG": LLNG,
    "LemonLDAP::NG, encrypted": {**LLNG, "encryption": Encryption(to=SITE_KEY, data=names.AES128_CBC)},
    "Shibboleth": SHIBBOLETH,
}  # fmt: skip


@pytest.mark.parametrize("name", PROVIDERS)
def test_it_reads_what_a_provider_sends(idp: Provider, name: str) -> None:
    how = dict(PROVIDERS[name])
    qualifiers = {"theirs": idp.connection.idp_entity_id, "ours": idp.connection.entity_id, None: None}
    for knob in ("name_qualifier", "sp_name_qualifier"):
        how[knob] = qualifiers[how.get(knob)]
    assertion_id, before = f"_id-{len(name)}", timezone.now() - timedelta(seconds=1)
    said = idp.says(assertion_id=assertion_id, **how)

    assert said.id == assertion_id
    assert said.issuer == idp.connection.idp_entity_id
    assert said.name_id == how["name_id"]
    assert said.name_format == (how["name_format"] or "")
    assert said.name_qualifier == (how["name_qualifier"] or "")
    assert said.sp_name_qualifier == (how["sp_name_qualifier"] or "")
    assert said.session_index == how.get("session_index", "session-1")
    assert said.attributes == {key: tuple(filter(None, one)) for key, one in how["attributes"].items()}
    assert said.in_response_to == ASKED
    assert said.authn_context == how.get("authn_context", names.PROTECTED)
    assert near(said.authn_instant, -5, before)
    assert near(said.expires_at - SKEW, how.get("not_on_or_after", 300), before)
    if "session_ends" in how:
        assert near(said.session_ends_at, how["session_ends"], before)
    else:
        assert said.session_ends_at is None
