"""Our messages to a provider: built as XML, signed, and put into an address or a form."""

import base64
import secrets
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.utils import timezone
from lxml import etree

from sso.models import Binding, Connection, NameIdFormat
from sso.saml import keys, library
from sso.saml.names import MORE, SAML, SAMLP, q

NAMESPACES = {"samlp": SAMLP, "saml": SAML}
RSA_SHA256 = f"{MORE}rsa-sha256"


@dataclass(frozen=True)
class Outgoing:
    """Where the browser goes next; with fields, it has to send them there as a form."""

    address: str
    fields: dict[str, str] | None = None


def new_id() -> str:
    return f"_{secrets.token_hex(20)}"


def authn_request(connection: Connection, request_id: str, *, force: bool = False) -> Outgoing:
    """Asks for a sign-in. A relay state is not sent: what we want to know again is in a row of ours."""
    root = _message("AuthnRequest", connection, request_id, destination=connection.sso_url)
    root.set("AssertionConsumerServiceURL", connection.acs_url)
    root.set("ProtocolBinding", Binding.POST)
    if force or connection.force_authn:
        root.set("ForceAuthn", "true")
    # Some providers give nobody a lasting name unless this says that they may make one.
    policy = etree.SubElement(root, q(SAMLP, "NameIDPolicy"), AllowCreate="true")
    if connection.name_id_format != NameIdFormat.UNSPECIFIED:
        policy.set("Format", connection.name_id_format)
    if connection.requested_contexts:
        asked = etree.SubElement(root, q(SAMLP, "RequestedAuthnContext"), Comparison="exact")
        for context in connection.requested_contexts:
            etree.SubElement(asked, q(SAML, "AuthnContextClassRef")).text = context
    return send(
        connection,
        root,
        address=connection.sso_url,
        binding=connection.sso_binding,
        field="SAMLRequest",
        is_signed=connection.signs_requests,
    )


def send(
    connection: Connection,
    root: Any,
    *,
    address: str,
    binding: str,
    field: str,
    is_signed: bool = True,
    relay_state: str = "",
) -> Outgoing:
    content = etree.tostring(root)
    key = keys.signing_key(connection) if is_signed else None
    if binding == Binding.POST:
        if key is not None:
            content = library.sign_message(content, private_key=key.private_key, certificate=key.certificate)
        fields = {field: base64.b64encode(content).decode()}
        return Outgoing(address, fields | ({"RelayState": relay_state} if relay_state else {}))
    # Only what is there is signed and sent: an empty relay state breaks signatures elsewhere.
    query = {field: base64.b64encode(_deflated(content)).decode()}
    if relay_state:
        query["RelayState"] = relay_state
    if key is not None:
        query["SigAlg"] = RSA_SHA256
        query["Signature"] = library.sign_query(urlencode(query), key.private_key)
    return Outgoing(f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}")


def logout_request(connection: Connection, request_id: str, *, name: dict[str, str], index: str) -> Any:
    root = _message("LogoutRequest", connection, request_id, destination=connection.slo_url)
    attributes = {
        attribute: name[field]
        for attribute, field in (
            ("Format", "format"),
            ("NameQualifier", "qualifier"),
            ("SPNameQualifier", "sp_qualifier"),
        )
        if name.get(field)
    }
    etree.SubElement(root, q(SAML, "NameID"), attributes).text = name["value"]
    if index:
        etree.SubElement(root, q(SAMLP, "SessionIndex")).text = index
    return root


def logout_response(connection: Connection, *, answers: str, address: str, status: str) -> Any:
    root = _message("LogoutResponse", connection, new_id(), destination=address)
    root.set("InResponseTo", answers)
    outer = etree.SubElement(root, q(SAMLP, "Status"))
    etree.SubElement(outer, q(SAMLP, "StatusCode"), Value=status)
    return root


def spelled(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _message(kind: str, connection: Connection, message_id: str, *, destination: str) -> Any:
    root = etree.Element(q(SAMLP, kind), nsmap=NAMESPACES)
    root.set("ID", message_id)
    root.set("Version", "2.0")
    root.set("IssueInstant", spelled(timezone.now()))
    root.set("Destination", destination)
    etree.SubElement(root, q(SAML, "Issuer")).text = connection.entity_id
    return root


def _deflated(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(content) + compressor.flush()
