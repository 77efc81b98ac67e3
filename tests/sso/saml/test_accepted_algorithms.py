"""Good signatures and encryption of every usual kind are taken."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sso.models import Connection
from tests.sso.saml import names
from tests.sso.saml.conftest import believe
from tests.sso.saml.encryption import OAEP_METHODS, Encryption
from tests.sso.saml.keys import ec_key, rsa_key
from tests.sso.saml.provider import SITE_KEY, Provider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

DORA = ("dora@acme.example",)


# --- Keys and algorithms ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "digest"),
    [
        (names.RSA_SHA256, names.SHA256),
        (names.RSA_SHA384, names.SHA384),
        (names.RSA_SHA512, names.SHA512),
        (names.RSA_SHA256, names.SHA512),
        (names.PSS_SHA256, names.SHA256),
    ],
)
@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
def test_good_algorithms_are_taken(idp: Provider, sign: str, method: str, digest: str) -> None:
    assert idp.says(sign=sign, how={"method": method, "digest": digest}).name_id == "dora-1"


def test_elliptic_curves_are_taken(idp: Provider) -> None:
    believe(idp.connection, ec_key("idp"))
    how = {"method": names.ECDSA_SHA256}
    assert Provider(idp.connection, ec_key("idp")).says(how=how).name_id == "dora-1"


@pytest.mark.parametrize("prefixes", ["", "xs", "xs xsi", "#default saml xs"])
@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
def test_prefixes_may_be_counted_into_a_signature(idp: Provider, sign: str, prefixes: str) -> None:
    said = idp.says(sign=sign, how={"prefixes": prefixes}, value_type="xs:string")
    assert said.attributes == {"mail": DORA}


@pytest.mark.parametrize("signer", ["old", "new", "idp"])
def test_any_of_several_certificates_may_have_signed(idp: Provider, signer: str) -> None:
    for name in ("old", "new"):
        believe(idp.connection, rsa_key(name))
    assert Provider(idp.connection, rsa_key(signer)).says(sign="both").name_id == "dora-1"


KEY_INFOS = {
    "none": None,
    "empty value": '<d:KeyName xmlns:d="{ds}">of the provider</d:KeyName>',
    "serial": '<d:X509Data xmlns:d="{ds}"><d:X509IssuerSerial><d:X509IssuerName>CN=idp</d:X509IssuerName>'
    "<d:X509SerialNumber>1</d:X509SerialNumber></d:X509IssuerSerial></d:X509Data>",
    "subject": '<d:X509Data xmlns:d="{ds}"><d:X509SubjectName>CN=idp</d:X509SubjectName></d:X509Data>',
    "value": '<d:KeyValue xmlns:d="{ds}"><d:RSAKeyValue><d:Modulus>AQAB</d:Modulus><d:Exponent>AQAB</d:Exponent>'
    "</d:RSAKeyValue></d:KeyValue>",
}


@pytest.mark.parametrize("name", KEY_INFOS)
def test_what_a_signature_says_of_its_key_is_no_matter(idp: Provider, name: str) -> None:
    info = KEY_INFOS[name]
    how = {"key_info": info and info.format(ds=names.DS)}
    assert idp.says(how=how).name_id == "dora-1"


@pytest.mark.parametrize("data", [names.AES128_CBC, names.AES256_CBC, names.AES128_GCM, names.AES256_GCM])
@pytest.mark.parametrize("transport", OAEP_METHODS)
@pytest.mark.parametrize("layout", ["inside", "sibling"])
def test_encrypted_assertions_are_read(idp: Provider, data: str, transport: str, layout: str) -> None:
    encryption = Encryption(to=SITE_KEY, data=data, transport=transport, layout=layout)
    assert idp.says(sign="both", encryption=encryption).attributes == {"mail": DORA}


@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
def test_either_signature_covers_an_encrypted_assertion(idp: Provider, sign: str) -> None:
    assert idp.says(sign=sign, encryption=Encryption(to=SITE_KEY)).name_id == "dora-1"


def test_it_may_be_encrypted_for_others_too(idp: Provider) -> None:
    encryption = Encryption(to=SITE_KEY, others=(rsa_key("other"), rsa_key("third")))
    assert idp.says(encryption=encryption).name_id == "dora-1"


@pytest.mark.parametrize(
    ("legacy", "how"),
    [
        ("sha1", {"how": {"method": names.RSA_SHA1, "digest": names.SHA1}}),
        ("3des", {"encryption": Encryption(to=SITE_KEY, data=names.DES3_CBC)}),
        ("rsa15", {"encryption": Encryption(to=SITE_KEY, transport="rsa15")}),
    ],
)
def test_what_is_outdated_is_taken_where_it_is_allowed_for_now(
    idp: Provider, legacy: str, how: dict[str, Any]
) -> None:
    allow(idp.connection, legacy, timedelta(days=1))
    assert idp.says(**how).name_id == "dora-1"
    allow(idp.connection, legacy, timedelta(seconds=-1))
    assert idp.refused(**how) in {"signature-algorithm", "encryption-algorithm"}


def allow(connection: Connection, legacy: str, time: timedelta) -> None:
    connection.legacy, connection.legacy_until = [legacy], timezone.now() + time
