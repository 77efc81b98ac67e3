"""Signing in by SAML: what an answer costs at the ACS, and what the library's own call costs for the same message."""

import base64
import os
import re
import secrets
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth

from identity.local import production
from identity.local.bench.measure import Subject
from identity.local.bench.report import Comparison
from identity.local.bench.rows import Row
from identity.local.bench.sites import Site
from identity.local.bench.stage import Stage
from identity.local.bench.visitor import Visitor

SLUG, DOMAIN = "bench-sso", "bench-sso.example"
ISSUER = "https://idp.bench.example/metadata"
SSO_URL = "https://idp.bench.example/sso"
BASE = f"https://{production.HOST}/sso/saml/{SLUG}"
ENTITY_ID, ACS = f"{BASE}/metadata/", f"{BASE}/acs/"
BARE = "python3-saml: process_response"
FEW, MANY = 10, 5_000

MESSAGE = """\
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"\
 ID="_{id}" Version="2.0" IssueInstant="{now}" Destination="{acs}"{answers}><saml:Issuer>{issuer}</saml:Issuer>\
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>\
<saml:Assertion ID="_{id}a" Version="2.0" IssueInstant="{now}"><saml:Issuer>{issuer}</saml:Issuer><saml:Subject>\
<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{name}</saml:NameID>\
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData\
 Recipient="{acs}" NotOnOrAfter="{ends}"{answers}/></saml:SubjectConfirmation></saml:Subject>\
<saml:Conditions NotBefore="{now}" NotOnOrAfter="{ends}"><saml:AudienceRestriction><saml:Audience>{audience}\
</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{now}"\
 SessionIndex="_{id}s"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password\
</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>\
<saml:Attribute Name="mail"><saml:AttributeValue>{name}@{domain}</saml:AttributeValue></saml:Attribute>\
</saml:AttributeStatement></saml:Assertion></samlp:Response>"""


@cache
def key() -> tuple[str, str]:
    """Of the provider: private key and certificate, made for this run."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    return (
        private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain).decode(),
        certificate.public_bytes(pem).decode(),
    )


def answer(request_id: str, name: str) -> str:
    """What the provider posts for somebody: one signed assertion, in base64."""
    now = datetime.now(UTC)
    text = MESSAGE.format(
        id=secrets.token_hex(16),
        now=_spelled(now),
        ends=_spelled(now + timedelta(minutes=5)),
        acs=ACS,
        audience=ENTITY_ID,
        issuer=ISSUER,
        domain=DOMAIN,
        name=name,
        answers=f' InResponseTo="{request_id}"' if request_id else "",
    )
    root = etree.fromstring(text)
    _sign(root.find("{*}Assertion"))
    return base64.b64encode(etree.tostring(root)).decode()


def bring(visitor: Visitor) -> str:
    """To the ACS, as people do who begin at their provider; where the site leads on to."""
    return _bring(visitor, "")


def sign_in(visitor: Visitor) -> None:
    """All of it: off to the provider, its answer to the ACS, and the session at the end."""
    visitor.forget()
    there = visitor.follow(f"/sso/saml/{SLUG}/login/")
    visitor.follow(_bring(visitor, _request_id(there)))


def rows(site: Site, title: str = "SAML") -> list[Row]:
    return [
        Row(f"{title}: answer at the ACS", bring, site=site),
        Row(f"{title}: leave, ACS and session", sign_in, site=site),
    ]


def bare() -> Subject:
    """The library's own call with its strict checks, in this process: no web, no database, no session."""
    messages = [answer("", "anna") for _ in range(50)]
    turns = iter(range(1_000_000_000))

    def once() -> None:
        _process(messages[next(turns) % len(messages)])

    return Subject(BARE, [once], [os.getpid()])


def staged_sites(stage: Stage, ours: Site) -> tuple[Site, Site]:
    """Where few organizations have a connection, and where many do."""
    few = Site("saml-few", database="saml_few")
    many = Site("saml-many", database="saml_many")
    for site, number in ((few, FEW), (many, MANY)):
        stage.copy(ours, site)
        stage.run(
            site, "identity.local.bench.saml_seed", BENCH_NUMBER=str(number), BENCH_CERTIFICATE=key()[1]
        )
    return few, many


COMPARISONS = [
    Comparison("SAML: answer at the ACS", BARE, 2),
    Comparison("SAML: leave, ACS and session", BARE),
    Comparison(f"SAML, {MANY:,} connections: answer at the ACS", "SAML: answer at the ACS"),
    Comparison(f"SAML, {MANY:,} connections: leave, ACS and session", "SAML: leave, ACS and session"),
]


def _bring(visitor: Visitor, request_id: str) -> str:
    message = answer(request_id, secrets.choice(("anna", "bert", "cleo", "dirk")))
    return visitor.post_from_elsewhere(f"/sso/saml/{SLUG}/acs/", {"SAMLResponse": message})


def _process(message: str) -> None:
    request = {
        "https": "on",
        "http_host": production.HOST,
        "script_name": urlsplit(ACS).path,
        "get_data": {},
        "post_data": {"SAMLResponse": message},
    }
    library: Any = OneLogin_Saml2_Auth(request, _settings())
    library.process_response()
    if not library.is_authenticated():
        raise LookupError(library.get_last_error_reason())


def _settings() -> dict[str, Any]:
    return {
        "strict": True,
        "sp": {"entityId": ENTITY_ID, "assertionConsumerService": {"url": ACS}},
        "idp": {
            "entityId": ISSUER,
            "singleSignOnService": {"url": SSO_URL},
            "x509cert": key()[1],
        },
    }


def _request_id(address: str) -> str:
    request = parse_qs(urlsplit(address).query)["SAMLRequest"][0]
    text = zlib.decompress(base64.b64decode(request), -15).decode()
    found = re.search(r' ID="([^"]+)"', text)
    if found is None:
        raise LookupError("The request has no ID.")
    return found[1]


def _sign(assertion: Any) -> None:
    signature = xmlsec.template.create(assertion, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256)
    assertion.insert(1, signature)
    xmlsec.tree.add_ids(assertion, ["ID"])
    reference = xmlsec.template.add_reference(
        signature, xmlsec.Transform.SHA256, uri=f"#{assertion.get('ID')}"
    )
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key()[0], xmlsec.KeyFormat.PEM, None)
    context.sign(signature)


def _spelled(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
