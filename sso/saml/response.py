"""From the bytes of a response to what its provider vouches for: gate, library, gate again, our own checks, once.

Takes a message and a connection; knows no request, no session, and of the database only the guard against replay.
"""

import base64
from datetime import datetime
from typing import Any

from django.utils import timezone

from sso.models import Connection
from sso.saml import assertions, gate, keys, library, replay
from sso.saml.assertions import Assertion
from sso.saml.errors import NotForUs, Reason, SamlRefused, Unreadable
from sso.saml.gate import Allowed
from sso.saml.names import SAML, q

Element = Any


def read(message: bytes, connection: Connection, *, now: datetime | None = None) -> Assertion:
    """`message` is what the form brought, still in base64. Raises SamlRefused, whatever is wrong with it."""
    if not connection.is_usable:
        raise NotForUs(Reason.CONNECTION_OFF)
    content = gate.decoded(message)
    allowed = keys.allowed(connection)
    root = gate.parsed(content)
    gate.check_response_shape(root)
    assertions.check_outside(root)
    gate.check_response(root, allowed)
    verified = _verified(root, content, connection, allowed)
    library.check_schema(verified)
    assertion = assertions.read(verified, connection, now=now or timezone.now())
    replay.spend(connection, assertion.id, until=assertion.expires_at)
    return assertion


def _verified(root: Element, content: bytes, connection: Connection, allowed: Allowed) -> Element:
    """The document whose signatures hold, with the assertion in clear."""
    certificates = keys.certificates_of(connection)
    text = base64.b64encode(content).decode()
    if root.find(q(SAML, "EncryptedAssertion")) is None:
        response = library.opened(library.settings_for(connection, certificates=certificates), text)
        library.verify(response)
        return response.document
    return _decrypted(text, connection, certificates, allowed)


def _decrypted(text: str, connection: Connection, certificates: list[str], allowed: Allowed) -> Element:
    """By the key that signs, or by the next or last one; all failures on this way are one."""
    for key in keys.published(connection):
        settings = library.settings_for(
            connection,
            certificates=certificates,
            private_key=key.private_key,
            certificate=key.certificate,
        )
        try:
            response = library.opened(settings, text)
            gate.check_response_shape(response.decrypted_document)
            gate.check_response(response.decrypted_document, allowed)
        except SamlRefused:
            continue
        library.verify(response)
        return response.decrypted_document
    raise Unreadable(Reason.ENCRYPTION)
