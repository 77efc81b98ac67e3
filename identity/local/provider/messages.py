"""The provider's key and metadata, and what it says to the site. For trying out: what the site asks is not verified."""

import base64
import secrets
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from lxml import etree
from lxml.builder import ElementMaker

from identity.local.provider.people import ENTITY_ID, Person

MD = "urn:oasis:names:tc:SAML:2.0:metadata"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"  # noqa: S105 - a name in the standard
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
LIFETIME = timedelta(minutes=5)
MD_E, DS_E = ElementMaker(namespace=MD, nsmap={"md": MD, "ds": DS}), ElementMaker(namespace=DS)
SAML_E = ElementMaker(namespace=SAML, nsmap={"saml": SAML})
SAMLP_E = ElementMaker(namespace=SAMLP, nsmap={"samlp": SAMLP, "saml": SAML})


@dataclass(frozen=True)
class Site:
    """As its metadata describes it."""

    entity_id: str
    acs_url: str
    logout_url: str


def site(metadata: bytes) -> Site:
    root = etree.fromstring(metadata)

    def location(service: str) -> str:
        return str(root.xpath(f"string(//md:{service}/@Location)", namespaces={"md": MD}))

    return Site(
        root.get("entityID", ""), location("AssertionConsumerService"), location("SingleLogoutService")
    )


@dataclass(frozen=True)
class Key:
    pem: bytes
    certificate: bytes

    def sign(self, root: Any) -> None:
        """Right behind the issuer, where the schema wants it."""
        signature = xmlsec.template.create(
            root, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256, ns="ds"
        )
        root.insert(1, signature)
        reference = xmlsec.template.add_reference(
            signature, xmlsec.Transform.SHA256, uri=f"#{root.get('ID')}"
        )
        xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
        xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(self.pem, xmlsec.KeyFormat.PEM)
        context.register_id(root, "ID")
        context.sign(signature)

    def sign_query(self, query: str) -> str:
        private = load_pem_private_key(self.pem, None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise TypeError("the demo provider signs with RSA")
        return base64.b64encode(private.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def key(home: Path) -> Key:
    """Kept, so that the site believes it the next time as well."""
    private_file, certificate_file = home / "key.pem", home / "certificate.pem"
    if not certificate_file.exists():
        home.mkdir(parents=True, exist_ok=True)
        private = rsa.generate_private_key(65537, 2048)
        private_file.touch(mode=0o600)
        private_file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        certificate_file.write_bytes(_certificate(private).public_bytes(Encoding.PEM))
    return Key(private_file.read_bytes(), certificate_file.read_bytes())


def _certificate(private: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Demo provider")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .sign(private, hashes.SHA256())
    )


def metadata(url: str, own: Key) -> bytes:
    certificate = "".join(own.certificate.decode().splitlines()[1:-1])
    services = [
        MD_E(name, Binding=binding, Location=f"{url}/{path}")
        for name, path in (("SingleLogoutService", "sign-out"), ("SingleSignOnService", "sign-in"))
        for binding in (REDIRECT, POST)
    ]
    described = MD_E.IDPSSODescriptor(
        MD_E.KeyDescriptor(DS_E.KeyInfo(DS_E.X509Data(DS_E.X509Certificate(certificate))), use="signing"),
        *services,
        protocolSupportEnumeration=SAMLP,
    )
    return _written(MD_E.EntityDescriptor(described, entityID=ENTITY_ID))


def response(to: Site, own: Key, person: Person, *, asked: str, index: str) -> bytes:
    """`asked` is the site's request; empty if there was none."""
    now = datetime.now(UTC)
    answers = {"InResponseTo": asked} if asked else {}
    confirmed = SAML_E.SubjectConfirmationData(
        Recipient=to.acs_url, NotOnOrAfter=_time(now + LIFETIME), **answers
    )
    said = {"mail": [person.email], "displayName": [person.name], "isMemberOf": person.groups}
    assertion = SAML_E.Assertion(
        SAML_E.Issuer(ENTITY_ID),
        SAML_E.Subject(
            SAML_E.NameID(person.key, Format=PERSISTENT),
            SAML_E.SubjectConfirmation(confirmed, Method=BEARER),
        ),
        SAML_E.Conditions(
            SAML_E.AudienceRestriction(SAML_E.Audience(to.entity_id)),
            NotBefore=_time(now),
            NotOnOrAfter=_time(now + LIFETIME),
        ),
        SAML_E.AuthnStatement(
            SAML_E.AuthnContext(SAML_E.AuthnContextClassRef(PASSWORD)),
            AuthnInstant=_time(now),
            SessionIndex=index,
        ),
        SAML_E.AttributeStatement(
            *(
                SAML_E.Attribute(*(SAML_E.AttributeValue(value) for value in values), Name=name)
                for name, values in said.items()
                if values
            )
        ),
        ID=_new_id(),
        Version="2.0",
        IssueInstant=_time(now),
    )
    root = _message("Response", to.acs_url, _status(), assertion, **answers)
    own.sign(root[-1])
    return _written(root)


def logout_request(to: Site, person: Person, indexes: list[str]) -> bytes:
    named = SAML_E.NameID(person.key, Format=PERSISTENT)
    sessions = [SAMLP_E.SessionIndex(index) for index in indexes]
    return _written(_message("LogoutRequest", to.logout_url, named, *sessions))


def logout_response(to: Site, asked: str) -> bytes:
    return _written(_message("LogoutResponse", to.logout_url, _status(), InResponseTo=asked))


def in_address(address: str, field: str, message: bytes, own: Key, relay_state: str = "") -> str:
    deflated = zlib.compress(message, wbits=-15)
    query = {field: base64.b64encode(deflated).decode()}
    query |= {"RelayState": relay_state} if relay_state else {}
    signed = urlencode({**query, "SigAlg": RSA_SHA256})
    return f"{address}?{signed}&{urlencode({'Signature': own.sign_query(signed)})}"


def received(text: str, *, deflated: bool) -> Any:
    """A message of the site, as a tree."""
    content = base64.b64decode(text)
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.fromstring(zlib.decompress(content, wbits=-15) if deflated else content, parser)


def _message(kind: str, destination: str, *content: Any, **attributes: str) -> Any:
    return getattr(SAMLP_E, kind)(
        SAML_E.Issuer(ENTITY_ID),
        *content,
        ID=_new_id(),
        Version="2.0",
        IssueInstant=_time(datetime.now(UTC)),
        Destination=destination,
        **attributes,
    )


def _status() -> Any:
    return SAMLP_E.Status(SAMLP_E.StatusCode(Value=SUCCESS))


def _new_id() -> str:
    return f"_{secrets.token_hex(20)}"


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _written(root: Any) -> bytes:
    content: bytes = etree.tostring(root)
    return content
