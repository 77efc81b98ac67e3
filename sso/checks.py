"""Proves at every start that the XML signature libraries on this machine work together.

lxml and xmlsec must share one libxml2; when they do not, verification fails or the process crashes, and it is better
to learn that from a start that stops than from a sign-in.
"""

from collections.abc import Sequence
from typing import Any

import xmlsec
from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import register as register_check
from lxml import etree

PROBE_KEY = b"a key for this probe only, known to everybody"


def register() -> None:
    # xmlsec opens files and addresses that a message names unless its input callbacks are gone.
    xmlsec.cleanup_callbacks()
    register_check(check_xml_signatures, Tags.security)


def check_xml_signatures(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    hint = "Install the wheels that uv.lock names, never a build against the system's libxml2."
    try:
        genuine, tampered = _verifies(_signed("hello")), _verifies(_signed("hello", then="hallo"))
    except xmlsec.Error as error:
        return [Error(f"xmlsec does not work here: {error}", hint=hint, id="sso.E001")]
    if genuine and not tampered:
        return []
    return [Error("xmlsec accepts a forged signature or refuses a good one.", hint=hint, id="sso.E002")]


def _signed(text: str, *, then: str | None = None) -> Any:
    root = etree.fromstring(b'<probe xmlns="urn:probe"><text/></probe>')
    root[0].text = text
    signature = xmlsec.template.create(root, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.HMAC_SHA256)
    root.append(signature)
    reference = xmlsec.template.add_reference(signature, xmlsec.Transform.SHA256, uri="")
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    _context().sign(signature)
    if then is not None:
        root[0].text = then
    return signature


def _verifies(signature: Any) -> bool:
    try:
        _context().verify(signature)
    except xmlsec.VerificationError:
        return False
    return True


def _context() -> Any:
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_binary_data(xmlsec.KeyData.HMAC, PROBE_KEY)
    return context
